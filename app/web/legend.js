/** What the signs of the map mean. */

import { CATEGORIES, badge, stateInWords, words } from "./symbology.js";
import { h, s, show } from "./dom.js";

const PRECISIONS = [
  ["exact", "the place itself"],
  ["district", "near it, or somewhere in the district"],
  ["province", "in the province or area"],
  ["country", "somewhere in the country"],
];
const STATES = ["held", "uncertain", "contested", "disputed", "unconfirmed"];

/** Fills the legend. */
export function showLegend(element) {
  show(
    element,
    h("h2", {}, "Events"),
    h(
      "ul",
      { class: "signs" },
      CATEGORIES.map((category) => h("li", {}, badge(category), words(category))),
    ),
    h("p", {}, "A number gathers events that lie together. Faint: possibly on this day."),
    h("h2", {}, "How exactly the place is known"),
    h(
      "ul",
      {},
      PRECISIONS.map(([code, text]) => h("li", {}, ringSample(code), text)),
    ),
    h("h2", {}, "Control of a place"),
    h(
      "ul",
      {},
      STATES.map((state) =>
        h("li", {}, h("span", { class: `swatch h-sample s-${state}`, "aria-hidden": "true" }), stateInWords(state)),
      ),
    ),
    h("h2", {}, "Movements"),
    h("p", {}, "Arrows run between the middles of the places named; dashed: barred, or not said."),
  );
}

/** The colours of those who hold something now. */
export function showHolders(element, places, holders) {
  const names = new Map();
  for (const place of places) place.candidates.forEach((id, at) => names.set(id, place.candidateNames[at]));
  show(
    element,
    [...names].map(([id, name]) =>
      h("li", {}, h("span", { class: `swatch ${holders.classOf(id)} s-held`, "aria-hidden": "true" }), name),
    ),
  );
}

function ringSample(code) {
  const ring = { exact: null, district: 8.5, province: 10, country: 11.5 }[code];
  return s(
    "svg",
    { viewBox: "0 0 26 26", class: `badge sample ${ring && code !== "district" ? "wide" : ""}`, "aria-hidden": "true" },
    ring ? s("circle", { cx: 13, cy: 13, r: ring, class: "ring" }) : null,
    s("circle", { cx: 13, cy: 13, r: 5, class: "disc" }),
  );
}
