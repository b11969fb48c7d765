/** Map legend: the meaning of symbols, and the holders' colours in the current view. */

import { el, setChildren, svgEl } from "./dom.js";
import { codeLabel, controlStateLabel } from "./labels.js";
import { CATEGORIES, categoryBadge, swatch, uncertaintyOutline } from "./symbology.js";

/** Sample radii in a legend line; the map's own would not fit there. */
const PRECISIONS = [
  { label: "the place itself", radius: 0, areal: false },
  { label: "near it, or somewhere in the district", radius: 8.5, areal: false },
  { label: "in the province or area", radius: 10, areal: true },
  { label: "along a border or river", radius: 11.5, areal: true, linear: true },
  { label: "somewhere in the country", radius: 11.5, areal: true },
];
const CONTROL_STATES = ["held", "uncertain", "contested", "disputed", "unconfirmed", "unknown"];

/** Render the legend of the symbols. */
export function renderLegend(element) {
  setChildren(
    element,
    el("h2", {}, "Events"),
    el(
      "ul",
      { class: "category-grid" },
      CATEGORIES.map((category) => el("li", {}, categoryBadge(category), codeLabel(category))),
    ),
    el("p", {}, "A number gathers events that lie together. Faint: possibly on this day."),
    el("h2", {}, "How exactly the place is known"),
    el(
      "ul",
      {},
      PRECISIONS.map((precision) => el("li", {}, precisionSample(precision), precision.label)),
    ),
    el("h2", {}, "Control of a place"),
    el(
      "ul",
      {},
      CONTROL_STATES.map((state) => el("li", {}, swatch(`holder-sample control-${state}`), controlStateLabel(state))),
    ),
    el("h2", {}, "Movements"),
    el("p", {}, "Arrows run between the middles of the places named; dashed: barred, or not said."),
    el("p", {}, "A number with a dashed border: the claims behind it contradict each other."),
  );
}

/** Render the colours of the candidates for any place of the view. */
export function renderHolderKey(element, places, holderColours) {
  const names = new Map();
  for (const place of places) place.candidates.forEach((id, index) => names.set(id, place.candidateNames[index]));
  setChildren(
    element,
    [...names].map(([id, name]) => el("li", {}, swatch(`${holderColours.classFor(id)} control-held`), name)),
  );
}

function precisionSample({ radius, areal, linear = false }) {
  return svgEl(
    "svg",
    { viewBox: "0 0 26 26", class: `badge sample ${areal ? "areal" : ""}`, "aria-hidden": "true" },
    radius ? uncertaintyOutline(13, radius, linear) : null,
    svgEl("circle", { cx: 13, cy: 13, r: 5, class: "disc" }),
  );
}
