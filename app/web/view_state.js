/** What is looked at: a view that is an address. It stands after the `#`, which browsers keep to themselves. */

import { isDay } from "./dates.js";

export const FILTERS = ["category", "status", "actor", "place", "q"];
const EMPTY = {
  period: null,
  day: null,
  all: false,
  known: null,
  event: null,
  at: null,
  ...Object.fromEntries(FILTERS.map((name) => [name, null])),
};

/** The view that a hash tells; what it does not say, or says wrongly, is left open. */
export function readHash(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const view = { ...EMPTY };
  for (const name of [...FILTERS, "period", "event"]) view[name] = given.get(name) || null;
  for (const name of ["day", "known"]) view[name] = isDay(given.get(name) ?? "") ? given.get(name) : null;
  view.all = given.get("all") === "1";
  const at = (given.get("at") ?? "").split("/").map(Number);
  const onGlobe = at.length === 3 && at.every(Number.isFinite) && Math.abs(at[1]) <= 90 && Math.abs(at[2]) <= 540;
  view.at = onGlobe ? { zoom: at[0], latitude: at[1], longitude: at[2] } : null;
  return view;
}

/** A view as a hash. */
export function writeHash(view) {
  const parts = [];
  for (const name of ["period", "day", "known", ...FILTERS, "event"]) {
    if (view[name])
      parts.push(`${name}=${encodeURIComponent(view[name]).replaceAll("%2C", ",").replaceAll("%20", "+")}`);
  }
  if (view.all) parts.push("all=1");
  if (view.at) parts.push(`at=${view.at.zoom}/${view.at.latitude.toFixed(4)}/${view.at.longitude.toFixed(4)}`);
  return parts.length ? `#${parts.join("&")}` : "#";
}

/** The view of the moment. Whoever changes it tells what; whoever shows it listens to `change`. */
export class State extends EventTarget {
  constructor() {
    super();
    this.view = readHash(location.hash);
    addEventListener("hashchange", () => {
      if (location.hash === writeHash(this.view)) return;
      const before = this.view;
      this.view = { ...readHash(location.hash) };
      this.tell(
        Object.keys(EMPTY).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(this.view[name])),
        true,
      );
    });
  }

  /** Change some of the view. An event that is chosen is a step back and forth; sliding is none. */
  set(changes, { step = false } = {}) {
    const changed = Object.keys(changes).filter(
      (name) => JSON.stringify(this.view[name]) !== JSON.stringify(changes[name]),
    );
    if (!changed.length) return;
    this.view = { ...this.view, ...changes };
    const hash = writeHash(this.view);
    if (step) history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
    this.tell(changed, false);
  }

  tell(names, fromAddress) {
    this.dispatchEvent(new CustomEvent("change", { detail: { names: new Set(names), fromAddress } }));
  }

  /** The filters that are set, as the API takes them. */
  filters() {
    return Object.fromEntries(FILTERS.filter((name) => this.view[name]).map((name) => [name, this.view[name]]));
  }
}
