/** Events layer: event symbols, clustered where they would overlap, or event counts by density cell. */

import { el, svgEl } from "./dom.js";
import { codeLabel, formatNumber } from "./labels.js";
import { addMarkerButton, toLatLng } from "./map.js";
import { categoryIcon, isAreal, isLinear, uncertaintyOutline, uncertaintyRadius } from "./symbology.js";

const { L } = window;
const CLUSTER_DISTANCE_PX = 26;
const EVENT_SIZE_PX = 26;
const CLUSTER_SIZE_PX = 30;
const MIN_CELL_SIZE_PX = 30;
const MAX_CELL_SIZE_PX = 54;
const DONUT_RADIUS_PX = 11.5;
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Draw events or density cells. */
export class EventsLayer {
  /**
   * @param {L.Map} map
   * @param {function(string[]): void} onSelect receives the ids of all events of a cluster
   */
  constructor(map, onSelect) {
    this.map = map;
    this.onSelect = onSelect;
    this.group = L.layerGroup().addTo(map);
    this.events = [];
    this.cells = null;
    this.selectedId = null;
    map.on("zoomend", () => this.redraw());
  }

  /** Replace the content by events. Those without a point are in the list only. */
  setEvents(events) {
    this.events = events.filter((event) => event.point);
    this.cells = null;
    this.redraw();
  }

  /** Replace the content by density cells, for more events than can be told apart. */
  setCells(cells) {
    this.events = [];
    this.cells = cells;
    this.redraw();
  }

  /** Highlight an event, or none. */
  select(eventId) {
    this.selectedId = eventId;
    this.redraw();
  }

  redraw() {
    this.group.clearLayers();
    if (this.cells) this.drawCells();
    else for (const cluster of this.clusterEvents()) this.addCluster(cluster);
  }

  /** Cluster events whose symbols would overlap. Areal ones stay apart, or a province would look like a point. */
  clusterEvents() {
    const clusters = [];
    for (const event of this.events) {
      const areal = isAreal(event.precision);
      const position = this.map.latLngToLayerPoint(toLatLng(this.map, event.point));
      const nearby = clusters.find(
        (cluster) => cluster.areal === areal && cluster.position.distanceTo(position) < CLUSTER_DISTANCE_PX,
      );
      if (nearby) nearby.events.push(event);
      else clusters.push({ position, areal, events: [event] });
    }
    return clusters;
  }

  addCluster({ events, areal }) {
    const [first] = events;
    const radius = Math.max(...events.map((event) => uncertaintyRadius(event.precision)));
    const size = Math.max(2 * radius, events.length > 1 ? CLUSTER_SIZE_PX : EVENT_SIZE_PX);
    const selected = events.some((event) => event.id === this.selectedId);
    const certain = events.some((event) => event.certain);
    const classes = ["event-marker", areal && "areal", selected && "selected", !certain && "possible"].filter(Boolean);
    const outline = radius ? uncertaintyOutline(size / 2, radius - 1.5, events.every(isAlongLine)) : null;
    const symbol = events.length > 1 ? donut(events, size, outline) : eventSymbol(first, size, outline);
    const icon = L.divIcon({ className: classes.join(" "), html: symbol, iconSize: [size, size] });
    const options = { icon, zIndexOffset: areal ? -500 : selected ? 1000 : 0, riseOnHover: true };
    addMarkerButton(this.group, toLatLng(this.map, first.point), clusterLabel(events), options, () =>
      this.onSelect(events.map((event) => event.id)),
    );
  }

  /** Draw cells with an area in proportion to their counts, which readers compare better than diameters. */
  drawCells() {
    const maxCount = Math.max(1, ...this.cells.map((cell) => cell.count));
    for (const cell of this.cells) {
      const growth = (MAX_CELL_SIZE_PX - MIN_CELL_SIZE_PX) * Math.sqrt(cell.count / maxCount);
      const size = Math.round(MIN_CELL_SIZE_PX + growth);
      const icon = L.divIcon({
        className: "event-marker density-cell",
        html: el("span", {}, COMPACT.format(cell.count)),
        iconSize: [size, size],
      });
      const label = `${formatNumber(cell.count)} events around here; zoom in`;
      const latLng = toLatLng(this.map, [cell.longitude, cell.latitude]);
      addMarkerButton(this.group, latLng, label, { icon }, () => this.map.setView(latLng, this.map.getZoom() + 2));
    }
  }
}

function clusterLabel(events) {
  if (events.length === 1) return `${codeLabel(events[0].category)}: ${events[0].title}`;
  return `${events.length} events: ${[...new Set(events.map((event) => event.placeName))].slice(0, 3).join(", ")}`;
}

function symbolSvg(size, attributes, ...children) {
  const viewBox = `0 0 ${size} ${size}`;
  return svgEl("svg", { viewBox, width: size, height: size, ...attributes, "aria-hidden": "true" }, ...children);
}

function isAlongLine({ placeKind, precision }) {
  return isLinear(placeKind) && isAreal(precision);
}

function eventSymbol(event, size, outline) {
  const centre = size / 2;
  const transform = `translate(${centre - 7.2} ${centre - 7.2}) scale(.9)`;
  return symbolSvg(
    size,
    { class: `category-${event.category}` },
    outline,
    svgEl("circle", { cx: centre, cy: centre, r: 11, class: "disc" }),
    svgEl("g", { transform }, categoryIcon(event.category)),
  );
}

/** Create a cluster's symbol: its number of events in a donut chart of their categories. */
function donut(events, size, outline) {
  const centre = size / 2;
  return symbolSvg(
    size,
    {},
    outline,
    svgEl("circle", { cx: centre, cy: centre, r: 13, class: "cluster-disc" }),
    donutSlices(events, centre),
    svgEl(
      "text",
      { x: centre, y: centre, class: "cluster-count", "text-anchor": "middle", "dominant-baseline": "central" },
      String(events.length),
    ),
  );
}

/** Create the slices as dashes of full circles, which needs no arc geometry. */
function donutSlices(events, centre) {
  const counts = new Map();
  for (const { category } of events) counts.set(category, (counts.get(category) ?? 0) + 1);
  const circumference = 2 * Math.PI * DONUT_RADIUS_PX;
  let start = 0;
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([category, count]) => {
      const length = (count / events.length) * circumference;
      const slice = svgEl("circle", {
        cx: centre,
        cy: centre,
        r: DONUT_RADIUS_PX,
        class: `slice category-${category}`,
        "stroke-dasharray": `${length} ${circumference - length}`,
        "stroke-dashoffset": circumference / 4 - start,
      });
      start += length;
      return slice;
    });
}
