/** Movements as arrows from where they start to where they lead, with how many went. */

import { words } from "./symbology.js";
import { h } from "./dom.js";
import { placed } from "./map.js";

const { L } = window;
const STEPS = 24;
const HEAD_PX = 9;

/** How many went, in words: a number, a range, or an open end. */
export function countInWords({ low, best, high }) {
  const say = (number) => number.toLocaleString("en");
  if (best !== null) return say(best);
  if (low !== null && high !== null) return low === high ? say(low) : `${say(low)}–${say(high)}`;
  if (low !== null) return `at least ${say(low)}`;
  return high !== null ? `up to ${say(high)}` : "";
}

/** Draws the movements that have two ends whose points are known. */
export class ArrowsLayer {
  constructor(map) {
    this.map = map;
    this.group = L.layerGroup().addTo(map);
    this.renderer = L.svg({ pane: "arrows", padding: 1 });
    this.movements = [];
    this.shown = true;
    map.on("zoomend", () => this.draw());
  }

  /** @param {Array<{id, title, from: number[], to: number[], count, outcome, certain}>} movements */
  show(movements) {
    this.movements = movements;
    this.draw();
  }

  /** Where events are only counted, movements would lie upon the counts. */
  allow(shown) {
    this.shown = shown;
    this.draw();
  }

  draw() {
    this.group.clearLayers();
    if (!this.shown) return;
    const between = new Map();
    for (const movement of this.movements) {
      const pair = `${movement.from}:${movement.to}`;
      const nth = between.get(pair) ?? 0;
      between.set(pair, nth + 1);
      this.add(movement, nth);
    }
  }

  add(movement, nth) {
    const ends = [movement.from, movement.to];
    const [start, end] = ends.map((point) => this.map.latLngToLayerPoint(placed(this.map, point)));
    const reach = start.distanceTo(end);
    if (reach < 4) return;
    const curve = bent(start, end, 0.16 + 0.12 * nth);
    const style = {
      pane: "arrows",
      renderer: this.renderer,
      interactive: false,
      className: `arrow o-${movement.outcome}${movement.certain ? "" : " possible"}`,
    };
    const line = curve.map((point) => this.map.layerPointToLatLng(point));
    L.polyline(line, { ...style, fill: false, smoothFactor: 0 }).addTo(this.group);
    const head = headOf(curve).map((point) => this.map.layerPointToLatLng(point));
    L.polyline(head, { ...style, className: `${style.className} head`, fill: false, smoothFactor: 0 }).addTo(
      this.group,
    );
    const text = countInWords(movement.count) || (movement.outcome === "barred" ? "barred" : "");
    if (!text) return;
    const icon = L.divIcon({
      className: "arrow-count",
      html: h("span", { title: `${movement.title} (${words(movement.outcome)})` }, text),
      iconSize: [0, 0],
    });
    L.marker(line[Math.round(STEPS * (0.42 + 0.16 * (nth % 2)))], {
      icon,
      pane: "labels",
      interactive: false,
      keyboard: false,
    }).addTo(this.group);
  }
}

/** Points along a curve that leaves the straight line by a part of its length. */
function bent(start, end, by) {
  const middle = start.add(end).divideBy(2);
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const pull = L.point(middle.x + dy * by, middle.y - dx * by);
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const t = step / STEPS;
    return start
      .multiplyBy((1 - t) ** 2)
      .add(pull.multiplyBy(2 * t * (1 - t)))
      .add(end.multiplyBy(t ** 2));
  });
}

function headOf(curve) {
  const [before, tip] = curve.slice(-2);
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  const barb = (turn) => L.point(tip.x - HEAD_PX * Math.cos(angle + turn), tip.y - HEAD_PX * Math.sin(angle + turn));
  return [barb(0.5), tip, barb(-0.5)];
}
