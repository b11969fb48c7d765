/** Events on the map: one mark for those that lie together, and a ring for those that lie only somewhere around. */

import { ringOf, sign, words } from "./symbology.js";
import { h, s } from "./dom.js";
import { addButton, placed } from "./map.js";

const { L } = window;
const TOGETHER_PX = 26;
const MOST_DENSE_PX = 54;
const LEAST_DENSE_PX = 30;
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Shows events, or how many there are by cell; tells `choose(ids)` when a mark is chosen. */
export class EventsLayer {
  constructor(map, choose) {
    this.map = map;
    this.choose = choose;
    this.group = L.layerGroup().addTo(map);
    this.events = [];
    this.cells = null;
    this.chosen = null;
    map.on("zoomend", () => this.draw());
  }

  /** Show these events; those without a point are not on the map. */
  showEvents(events) {
    this.events = events.filter((event) => event.point);
    this.cells = null;
    this.draw();
  }

  /** Show counts instead: too many to be shown one by one. */
  showCells(cells) {
    this.events = [];
    this.cells = cells;
    this.draw();
  }

  /** Mark the event that the panel shows. */
  mark(id) {
    this.chosen = id;
    this.draw();
  }

  draw() {
    this.group.clearLayers();
    if (this.cells) this.drawCells();
    else for (const together of this.gathered()) this.add(together);
  }

  /** Events whose marks would lie upon each other, wide ones apart from pins. */
  gathered() {
    const found = [];
    for (const event of this.events) {
      const wide = ringOf(event.precision) >= ringOf("province");
      const at = this.map.latLngToLayerPoint(placed(this.map, event.point));
      const there = found.find((other) => other.wide === wide && other.at.distanceTo(at) < TOGETHER_PX);
      if (there) there.events.push(event);
      else found.push({ at, wide, events: [event] });
    }
    return found;
  }

  add({ events, wide }) {
    const [first] = events;
    const ring = Math.max(...events.map((event) => ringOf(event.precision)));
    const size = Math.max(ring, events.length > 1 ? 30 : 26);
    const chosen = events.some((event) => event.id === this.chosen);
    const certain = events.some((event) => event.certain);
    const classes = ["mark", wide ? "wide" : "", chosen ? "chosen" : "", certain ? "" : "possible"].filter(Boolean);
    const picture = events.length > 1 ? donut(events, size, ring) : single(first, size, ring);
    const icon = L.divIcon({ className: classes.join(" "), html: picture, iconSize: [size, size] });
    const options = { icon, zIndexOffset: wide ? -500 : chosen ? 1000 : 0, riseOnHover: true };
    addButton(this.group, placed(this.map, first.point), nameOf(events), options, () =>
      this.choose(events.map((event) => event.id)),
    );
  }

  drawCells() {
    const most = Math.max(1, ...this.cells.map((cell) => cell.count));
    for (const cell of this.cells) {
      const size = Math.round(LEAST_DENSE_PX + (MOST_DENSE_PX - LEAST_DENSE_PX) * Math.sqrt(cell.count / most));
      const name = `${cell.count.toLocaleString("en")} events around here; zoom in`;
      const icon = L.divIcon({
        className: "mark dense",
        html: h("span", {}, SHORT.format(cell.count)),
        iconSize: [size, size],
      });
      const at = placed(this.map, [cell.longitude, cell.latitude]);
      addButton(this.group, at, name, { icon }, () => this.map.setView(at, this.map.getZoom() + 2));
    }
  }
}

function nameOf(events) {
  if (events.length === 1) return `${words(events[0].category)}: ${events[0].title}`;
  return `${events.length} events: ${[...new Set(events.map((event) => event.placeName))].slice(0, 3).join(", ")}`;
}

function ringAround(size, ring) {
  return ring ? s("circle", { cx: size / 2, cy: size / 2, r: ring / 2 - 1.5, class: "ring" }) : null;
}

function single(event, size, ring) {
  const middle = size / 2;
  return s(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, width: size, height: size, class: `c-${event.category}`, "aria-hidden": "true" },
    ringAround(size, ring),
    s("circle", { cx: middle, cy: middle, r: 11, class: "disc" }),
    s("g", { transform: `translate(${middle - 7.2} ${middle - 7.2}) scale(.9)` }, sign(event.category)),
  );
}

/** Shares of categories around their number. */
function donut(events, size, ring) {
  const counts = new Map();
  for (const { category } of events) counts.set(category, (counts.get(category) ?? 0) + 1);
  const middle = size / 2;
  const radius = 11.5;
  const around = 2 * Math.PI * radius;
  let before = 0;
  const shares = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([category, count]) => {
      const share = (count / events.length) * around;
      const arc = s("circle", {
        cx: middle,
        cy: middle,
        r: radius,
        class: `share c-${category}`,
        "stroke-dasharray": `${share} ${around - share}`,
        "stroke-dashoffset": around / 4 - before,
      });
      before += share;
      return arc;
    });
  return s(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, width: size, height: size, "aria-hidden": "true" },
    ringAround(size, ring),
    s("circle", { cx: middle, cy: middle, r: 13, class: "plate" }),
    shares,
    s(
      "text",
      { x: middle, y: middle, class: "count", "text-anchor": "middle", "dominant-baseline": "central" },
      String(events.length),
    ),
  );
}
