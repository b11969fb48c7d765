/** Who holds which place on the chosen day: a coloured ground under the events, whose edge tells how sure that is. */

import { stateInWords } from "./symbology.js";
import { h, s } from "./dom.js";
import { addButton, placed } from "./map.js";

const { L } = window;
const SIZE = 46;
const NAMES_FROM_ZOOM = 6;
const LETTER_PX = 7.5;
const LINE_PX = 16;
const SIDES = [
  ["below", 0, 31],
  ["right", 27, 0],
  ["above", 0, -31],
  ["left", -27, 0],
];

/** Shows places and their holders; tells `choose(place)` when one is chosen. */
export class ControlLayer {
  constructor(map, holders, choose) {
    this.map = map;
    this.holders = holders;
    this.choose = choose;
    this.group = L.layerGroup().addTo(map);
    this.places = [];
    map.on("zoomend", () => this.draw());
  }

  show(places) {
    // What changed comes first, and so do the names that there is room for.
    this.places = places.filter((place) => place.point).sort((a, b) => Number(b.changed) - Number(a.changed));
    this.draw();
  }

  draw() {
    this.group.clearLayers();
    const grounds = this.places.map((place) => this.map.latLngToLayerPoint(placed(this.map, place.point)));
    const written = grounds.map(({ x, y }) => ({
      left: x - SIZE / 2,
      top: y,
      width: SIZE,
      high: SIZE / 2 + LINE_PX / 2,
    }));
    for (const place of this.places) {
      const at = placed(this.map, place.point);
      const name = `${place.name}: ${place.holderName ?? "nobody known"}, ${stateInWords(place.state)}`;
      const icon = L.divIcon({
        className: `ground s-${place.state}${this.map.getZoom() < NAMES_FROM_ZOOM ? " far" : ""}`,
        html: ground(place, this.holders),
        iconSize: [SIZE, SIZE],
      });
      addButton(this.group, at, name, { icon, pane: "control" }, () => this.choose(place));
      this.label(place, at, written);
    }
  }

  /** The place's name on one of its sides, unless other names stand on all of them. */
  label(place, at, written) {
    const { x, y } = this.map.latLngToLayerPoint(at);
    const width = place.name.length * LETTER_PX;
    const free = SIDES.find(([side, dx, dy]) => {
      const box = {
        left: x + dx + (side === "right" ? 0 : side === "left" ? -width : -width / 2),
        top: y + dy,
        width,
        high: LINE_PX,
      };
      const clear = written.every(
        (other) =>
          box.left > other.left + other.width ||
          box.left + width < other.left ||
          Math.abs(box.top - other.top) >= other.high,
      );
      if (clear) written.push(box);
      return clear;
    });
    if (!free || this.map.getZoom() < NAMES_FROM_ZOOM) return;
    const icon = L.divIcon({ className: `place-name ${free[0]}`, html: h("span", {}, place.name), iconSize: [0, 0] });
    L.marker(at, { icon, pane: "labels", interactive: false, keyboard: false }).addTo(this.group);
  }
}

/** Two halves where two sides may hold it, one where it is clear. */
function ground(place, holders) {
  const middle = SIZE / 2;
  const radius = middle - 3;
  const rival = place.candidates.find((id) => id !== place.holder);
  const halves =
    rival && place.state !== "held"
      ? [half(middle, radius, 1, holders.classOf(place.holder)), half(middle, radius, 0, holders.classOf(rival))]
      : [s("circle", { cx: middle, cy: middle, r: radius, class: `area ${holders.classOf(place.holder)}` })];
  return s(
    "svg",
    { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, "aria-hidden": "true" },
    halves,
    s("circle", { cx: middle, cy: middle, r: radius, class: `edge ${holders.classOf(place.holder)}` }),
  );
}

function half(middle, radius, sweep, colour) {
  const [from, to] = [middle - radius, middle + radius];
  return s("path", {
    d: `M${middle} ${from}A${radius} ${radius} 0 0 ${1 - sweep} ${middle} ${to}Z`,
    class: `area ${colour}`,
  });
}
