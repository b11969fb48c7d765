/** Movements layer: curved arrows from origin to destination, labelled with the number of people. */

import { el } from "./dom.js";
import { codeLabel, formatFigure } from "./labels.js";
import { toLatLng } from "./map.js";

const { L } = window;
const CURVE_SEGMENTS = 24;
const ARROWHEAD_PX = 9;
const MIN_LENGTH_PX = 4;
const FIRST_BEND = 0.16; // of the straight line's length
const NEXT_BEND = 0.12; // apart, where several movements have one origin and destination
const LABEL_CHARACTER_PX = 7.2;
const LABEL_PADDING_PX = 16;
const LABEL_LINE_PX = 21;
/** Label positions as fractions of the curve, in order of preference. */
const LABEL_POSITIONS = [0.42, 0.58, 0.3, 0.7, 0.18, 0.82];

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
   * Replace the movements. Those of most people come first, because labels are placed while there is room.
   * @param {Array<{id, title, from: number[], to: number[], count: ?object, outcome, certain}>} movements `count` is
   *   the API's published figure
   */
  setMovements(movements) {
    this.movements = [...movements].sort((a, b) => (b.count?.low ?? 0) - (a.count?.low ?? 0));
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
    this.labelBoxes = [];
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
    this.addLabel(movement, points);
  }

  addLine(points, className) {
    const latLngs = points.map((point) => this.map.layerPointToLatLng(point));
    const options = { pane: "movements", renderer: this.renderer, interactive: false, className };
    L.polyline(latLngs, { ...options, fill: false, smoothFactor: 0 }).addTo(this.group);
  }

  /** Label a movement at the first free position; one without stays unlabelled until the map is enlarged. */
  addLabel(movement, points) {
    const { count, outcome } = movement;
    const text = (count && formatFigure(count)) || (outcome === "barred" ? "barred" : "");
    const point = text && this.freeLabelPoint(text, points);
    if (!point) return;
    const title = `${movement.title} (${codeLabel(outcome)})`;
    const className = `movement-label${count?.contradicted ? " contradicted" : ""}`;
    const icon = L.divIcon({ className, html: el("span", { title }, text), iconSize: [0, 0] });
    const options = { icon, pane: "labels", interactive: false, keyboard: false };
    L.marker(this.map.layerPointToLatLng(point), options).addTo(this.group);
  }

  /** Return the first position along the curve where a label covers no other; undefined if there is none. */
  freeLabelPoint(text, points) {
    const halfWidth = (text.length * LABEL_CHARACTER_PX + LABEL_PADDING_PX) / 2;
    const candidates = LABEL_POSITIONS.map((fraction) => points[Math.round(CURVE_SEGMENTS * fraction)]);
    const free = candidates.find(({ x, y }) => !this.labelBoxes.some((box) => overlap({ x, y, halfWidth }, box)));
    if (free) this.labelBoxes.push({ x: free.x, y: free.y, halfWidth });
    return free;
  }
}

/** Test whether two labels, given by their centres and half widths, overlap. */
function overlap(one, other) {
  const isBeside = Math.abs(one.x - other.x) >= one.halfWidth + other.halfWidth;
  return !isBeside && Math.abs(one.y - other.y) < LABEL_LINE_PX;
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
