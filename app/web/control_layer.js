/** Control layer: each place as a disc in its last holder's colour. The outline's dashes show how certain that is. */

import { el, svgEl } from "./dom.js";
import { controlStateLabel, holderLabel } from "./labels.js";
import { addMarkerButton, toLatLng } from "./map.js";

const { L } = window;
const SIZE_PX = 46;
const CENTRE = SIZE_PX / 2;
const RADIUS = CENTRE - 3;
const MIN_LABEL_ZOOM = 6;
const LABEL_CHARACTER_PX = 7.5;
const LABEL_LINE_PX = 16;
/** Label positions in order of preference, with the offset of the label's anchor from the disc's centre. */
const LABEL_POSITIONS = [
  { side: "below", dx: 0, dy: 31, align: -0.5 },
  { side: "right", dx: 27, dy: 0, align: 0 },
  { side: "above", dx: 0, dy: -31, align: -0.5 },
  { side: "left", dx: -27, dy: 0, align: -1 },
];

/** Draw places with their holders. */
export class ControlLayer {
  /**
   * @param {L.Map} map
   * @param {HolderColours} holderColours
   * @param {function(object): void} onSelect
   */
  constructor(map, holderColours, onSelect) {
    this.map = map;
    this.holderColours = holderColours;
    this.onSelect = onSelect;
    this.group = L.layerGroup().addTo(map);
    this.places = [];
    map.on("zoomend", () => this.redraw());
  }

  /** Replace the places. Changed ones come first, because labels are placed while there is room. */
  setPlaces(places) {
    this.places = places.filter((place) => place.point).sort((a, b) => Number(b.changed) - Number(a.changed));
    this.redraw();
  }

  redraw() {
    this.group.clearLayers();
    const showsLabels = this.map.getZoom() >= MIN_LABEL_ZOOM;
    const occupied = this.places.map((place) => this.discBox(place));
    for (const place of this.places) {
      this.addDisc(place, showsLabels);
      if (showsLabels) this.addLabel(place, occupied);
    }
  }

  addDisc(place, showsLabels) {
    const holder = holderLabel(place.holderName, place.lastHolderName);
    const label = `${place.name}: ${holder}, ${controlStateLabel(place.controlState)}`;
    const icon = L.divIcon({
      className: `control-marker control-${place.controlState}${showsLabels ? "" : " zoomed-out"}`,
      html: disc(place, this.holderColours),
      iconSize: [SIZE_PX, SIZE_PX],
    });
    const options = { icon, pane: "control" };
    addMarkerButton(this.group, toLatLng(this.map, place.point), label, options, () => this.onSelect(place));
  }

  /** Label a place on the first free side; a place without one stays unlabelled, because overlaps are unreadable. */
  addLabel(place, occupied) {
    const latLng = toLatLng(this.map, place.point);
    const anchor = this.map.latLngToLayerPoint(latLng);
    const width = place.name.length * LABEL_CHARACTER_PX;
    const boxes = LABEL_POSITIONS.map(({ side, dx, dy, align }) => ({
      side,
      left: anchor.x + dx + align * width,
      top: anchor.y + dy,
      width,
      height: LABEL_LINE_PX,
    }));
    const free = boxes.find((box) => !occupied.some((other) => overlap(box, other)));
    if (!free) return;
    occupied.push(free);
    const icon = L.divIcon({
      className: `place-label ${free.side}`,
      html: el("span", {}, place.name),
      iconSize: [0, 0],
    });
    L.marker(latLng, { icon, pane: "labels", interactive: false, keyboard: false }).addTo(this.group);
  }

  discBox(place) {
    const { x, y } = this.map.latLngToLayerPoint(toLatLng(this.map, place.point));
    return { left: x - CENTRE, top: y, width: SIZE_PX, height: CENTRE + LABEL_LINE_PX / 2 };
  }
}

/** Test whether a label box overlaps another box. `top` is a box's middle line, so heights are distances to it. */
function overlap(label, other) {
  return (
    label.left <= other.left + other.width &&
    label.left + label.width >= other.left &&
    Math.abs(label.top - other.top) < other.height
  );
}

/** Create the symbol of a place: one colour, or two halves where another candidate may hold it. */
function disc(place, holderColours) {
  const holderClass = holderColours.classFor(place.controlState === "unknown" ? null : place.lastHolder);
  const rival = place.candidates.find((id) => id !== place.lastHolder);
  const fills =
    rival && place.controlState !== "held"
      ? [halfDisc(1, holderClass), halfDisc(0, holderColours.classFor(rival))]
      : [circle(`control-fill ${holderClass}`)];
  return svgEl(
    "svg",
    { viewBox: `0 0 ${SIZE_PX} ${SIZE_PX}`, width: SIZE_PX, height: SIZE_PX, "aria-hidden": "true" },
    fills,
    circle(`control-outline ${holderClass}`),
  );
}

function circle(className) {
  return svgEl("circle", { cx: CENTRE, cy: CENTRE, r: RADIUS, class: className });
}

function halfDisc(sweep, holderClass) {
  const [top, bottom] = [CENTRE - RADIUS, CENTRE + RADIUS];
  return svgEl("path", {
    d: `M${CENTRE} ${top}A${RADIUS} ${RADIUS} 0 0 ${1 - sweep} ${CENTRE} ${bottom}Z`,
    class: `control-fill ${holderClass}`,
  });
}
