/** What codes look like. Colours are Okabe and Ito's, which colour-blind readers tell apart; a sign says it again. */

import { s } from "./dom.js";

/** Signs are drawn in a box of 16; `ink` is the sign's colour upon its own. Colours stand in style.css. */
const SIGNS = {
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
export const CATEGORIES = Object.keys(SIGNS);
export const STATUSES = ["corroborated", "reported", "unconfirmed", "disputed", "denied"];
/** Precisions from a point to the whole world, and the size of their rings in pixels. */
const RINGS = { exact: 0, near: 30, district: 32, province: 42, area: 50, country: 58, international: 66 };
const STATE_WORDS = {
  held: "held",
  uncertain: "uncertain: a change falls in these days",
  contested: "contested: in part, or around it",
  disputed: "disputed: asserted and denied",
  unconfirmed: "unconfirmed: others may hold it",
  unknown: "unknown",
};
const HOLDER_COLOURS = 6;

/** A code as words: `control_change` is "control change". */
export function words(code) {
  return (code ?? "unknown").replaceAll("_", " ");
}

export function stateInWords(state) {
  return STATE_WORDS[state] ?? words(state);
}

/** The width of the ring that stands for how exactly a place is known; 0 is a pin. */
export function ringOf(precision) {
  return RINGS[precision] ?? 0;
}

/** The sign of a category, drawn with the current colour. */
export function sign(category) {
  const path = SIGNS[category] ?? SIGNS.other;
  return s("path", { d: path, class: "sign" });
}

/** The sign in a disc of its colour, for lists and legends. */
export function badge(category) {
  return s(
    "svg",
    { viewBox: "0 0 20 20", class: `badge c-${category}`, "aria-hidden": "true" },
    s("circle", { cx: 10, cy: 10, r: 9.5, class: "disc" }),
    s("g", { transform: "translate(3.6 3.6) scale(.8)" }, sign(category)),
  );
}

/** Numbers of colours for holders: the same id has the same colour wherever no other took it before. */
export class Holders {
  constructor() {
    this.numbers = new Map();
  }

  /** Give colours to ids that have none yet. */
  add(ids) {
    const taken = new Set(this.numbers.values());
    for (const id of [...new Set(ids)].sort()) {
      if (this.numbers.has(id)) continue;
      let number = [...id].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 65_521, 7) % HOLDER_COLOURS;
      for (let tries = 0; taken.has(number) && tries < HOLDER_COLOURS; tries++) number = (number + 1) % HOLDER_COLOURS;
      taken.add(number);
      this.numbers.set(id, number);
    }
  }

  /** The class of an actor's colour. */
  classOf(id) {
    return id ? `h-${this.numbers.get(id) ?? 0}` : "h-none";
  }
}
