/**
 * Symbology: icons, colours and sizes of map symbols. Colours are Okabe and Ito's, which colour-blind readers can
 * tell apart; an icon repeats each category, because colour alone excludes readers.
 */

import { el, svgEl } from "./dom.js";

/** Icon paths in a 16-unit box; their colours are in style.css. */
const ICON_PATHS = {
  control_change: "M4 14V2.5M4 3h8l-2.2 2.6L12 8.2H4",
  clash: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  offensive: "M3 13L13 3M6.5 3H13v6.5",
  violence_against_civilians: "M8 2.5v7M8 12.6v.6",
  movement: "M2 8h11M9 4l4 4-4 4",
  border_measure: "M2.5 8h11M2.5 5v6M13.5 5v6",
  mobilisation: "M3 9l5-5 5 5M3 13.5l5-5 5 5",
  diplomacy: "M5.6 11a3 3 0 1 1 0-6 3 3 0 0 1 0 6zM10.4 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  statement: "M2.5 3.5h11v7H8l-3 3v-3H2.5z",
  humanitarian: "M8 3v10M3 8h10",
  other: "M8 7v2",
};
export const CATEGORIES = Object.keys(ICON_PATHS);
export const STATUSES = ["corroborated", "reported", "unconfirmed", "disputed", "denied"];
/** Radii in pixels by location precision, from a point to several countries. */
const UNCERTAINTY_RADII = { exact: 0, near: 15, district: 16, province: 21, area: 25, country: 29, international: 33 };
const LINEAR_KINDS = ["border", "river"];
const LINEAR_FLATTENING = 0.55;
const HOLDER_COLOUR_COUNT = 6;

/** Return the radius in pixels of the uncertainty circle for a location precision; 0 for a point. */
export function uncertaintyRadius(precision) {
  return UNCERTAINTY_RADII[precision] ?? 0;
}

/** Test whether a location is known only as an area, so that its symbol must not look like a point. */
export function isAreal(precision) {
  return uncertaintyRadius(precision) >= UNCERTAINTY_RADII.province;
}

/** Test whether a kind of place is a line, along which an event happened at an unknown point. */
export function isLinear(placeKind) {
  return LINEAR_KINDS.includes(placeKind);
}

/**
 * Create the dashed outline of where an event may have happened: a circle, or an ellipse along a border or river.
 * @param {number} centre
 * @param {number} radius
 * @param {boolean} linear
 */
export function uncertaintyOutline(centre, radius, linear) {
  const attributes = { cx: centre, cy: centre, class: "uncertainty-circle" };
  if (linear) return svgEl("ellipse", { ...attributes, rx: radius, ry: radius * LINEAR_FLATTENING });
  return svgEl("circle", { ...attributes, r: radius });
}

/** Create the icon of a category. */
export function categoryIcon(category) {
  return svgEl("path", { d: ICON_PATHS[category] ?? ICON_PATHS.other, class: "icon" });
}

/** Create the badge of a category, for lists and legends: its icon on a disc of its colour. */
export function categoryBadge(category) {
  return svgEl(
    "svg",
    { viewBox: "0 0 20 20", class: `badge category-${category}`, "aria-hidden": "true" },
    svgEl("circle", { cx: 10, cy: 10, r: 9.5, class: "disc" }),
    svgEl("g", { transform: "translate(3.6 3.6) scale(.8)" }, categoryIcon(category)),
  );
}

/** Create a colour swatch; its text is beside it, so screen readers skip it. */
export function swatch(classNames) {
  return el("span", { class: `swatch ${classNames}`, "aria-hidden": "true" });
}

/** Assign colours to holders. The first choice is a hash of the id, so that most keep their colour between views. */
export class HolderColours {
  constructor() {
    this.colourIndexes = new Map();
  }

  /** Assign a colour to each id without one; the next free colour avoids a collision while there are any. */
  assign(holderIds) {
    const used = new Set(this.colourIndexes.values());
    for (const id of [...new Set(holderIds)].sort()) {
      if (this.colourIndexes.has(id)) continue;
      let index = hash(id) % HOLDER_COLOUR_COUNT;
      for (let attempt = 0; used.has(index) && attempt < HOLDER_COLOUR_COUNT; attempt++)
        index = (index + 1) % HOLDER_COLOUR_COUNT;
      used.add(index);
      this.colourIndexes.set(id, index);
    }
  }

  /** Return the CSS class of a holder's colour. */
  classFor(holderId) {
    return holderId ? `holder-${this.colourIndexes.get(holderId) ?? 0}` : "holder-none";
  }

  /** Return the CSS classes of a place: the colour of its last holder, and how sure it is that it still holds. */
  classesForState(controlState, lastHolderId) {
    return `${this.classFor(controlState === "unknown" ? null : lastHolderId)} control-${controlState}`;
  }
}

function hash(text) {
  return [...text].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 65_521, 7);
}
