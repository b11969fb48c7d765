/** Movements layer: curved arrows from origin to destination, labelled with the number of people. */

import { el } from "./dom.js";
import { codeLabel, formatQuantity } from "./labels.js";
import { toLatLng } from "./map.js";

const { L } = window;
const CURVE_SEGMENTS = 24;
const ARROWHEAD_PX = 9;
const MIN_LENGTH_PX = 4;
const FIRST_BEND = 0.16; // of the straight line's length
const NEXT_BEND = 0.12; // apart, where several movements have one origin and destination

/** Draw movements between located places. */
export class MovementsLayer {
  constructor(map) {
    this.map = map;
    this.group = L.layerGroup().addTo(map);
    this.renderer = L.svg({ pane: "movements", padding: 1 });
    this.movements = [];
    this.visible = true;
    map.on("zoomend", () => this.redraw());
  }

  /**
   * Replace the movements.
   * @param {Array<{id, title, from: number[], to: number[], count, outcome, certain}>} movements
   */
  setMovements(movements) {
    this.movements = movements;
    this.redraw();
  }

  /** Show or hide the layer: arrows would cover the counts of density cells. */
  setVisible(visible) {
    this.visible = visible;
    this.redraw();
  }

  redraw() {
    this.group.clearLayers();
    if (!this.visible) return;
    const drawnByRoute = new Map();
    for (const movement of this.movements) {
      const route = `${movement.from}:${movement.to}`;
      const index = drawnByRoute.get(route) ?? 0;
      drawnByRoute.set(route, index + 1);
      this.addMovement(movement, index);
    }
  }

  addMovement(movement, index) {
    const [start, end] = [movement.from, movement.to].map((point) =>
      this.map.latLngToLayerPoint(toLatLng(this.map, point)),
    );
    if (start.distanceTo(end) < MIN_LENGTH_PX) return;
    const points = curve(start, end, FIRST_BEND + NEXT_BEND * index);
    const className = `movement-line outcome-${movement.outcome}${movement.certain ? "" : " possible"}`;
    this.addLine(points, className);
    this.addLine(arrowhead(points), `${className} arrowhead`);
    this.addLabel(movement, points[Math.round(CURVE_SEGMENTS * (0.42 + 0.16 * (index % 2)))]);
  }

  addLine(points, className) {
    const latLngs = points.map((point) => this.map.layerPointToLatLng(point));
    const options = { pane: "movements", renderer: this.renderer, interactive: false, className };
    L.polyline(latLngs, { ...options, fill: false, smoothFactor: 0 }).addTo(this.group);
  }

  addLabel(movement, point) {
    const text = formatQuantity(movement.count) || (movement.outcome === "barred" ? "barred" : "");
    if (!text) return;
    const title = `${movement.title} (${codeLabel(movement.outcome)})`;
    const icon = L.divIcon({ className: "movement-label", html: el("span", { title }, text), iconSize: [0, 0] });
    const options = { icon, pane: "labels", interactive: false, keyboard: false };
    L.marker(this.map.layerPointToLatLng(point), options).addTo(this.group);
  }
}

/** Compute points of a quadratic Bézier curve; `bend` is its control point's offset relative to the length. */
function curve(start, end, bend) {
  const middle = start.add(end).divideBy(2);
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const control = L.point(middle.x + dy * bend, middle.y - dx * bend);
  return Array.from({ length: CURVE_SEGMENTS + 1 }, (_, segment) => {
    const t = segment / CURVE_SEGMENTS;
    return start
      .multiplyBy((1 - t) ** 2)
      .add(control.multiplyBy(2 * t * (1 - t)))
      .add(end.multiplyBy(t ** 2));
  });
}

function arrowhead(points) {
  const [previous, tip] = points.slice(-2);
  const angle = Math.atan2(tip.y - previous.y, tip.x - previous.x);
  const barb = (turn) =>
    L.point(tip.x - ARROWHEAD_PX * Math.cos(angle + turn), tip.y - ARROWHEAD_PX * Math.sin(angle + turn));
  return [barb(0.5), tip, barb(-0.5)];
}
