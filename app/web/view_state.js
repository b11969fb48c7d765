/**
 * View state: everything that decides what the page shows, kept in the URL so that a view can be shared. The fragment
 * holds it, because browsers do not send that to servers.
 */

import { isIsoDate } from "./dates.js";

export const FILTER_PARAMS = ["category", "status", "actor", "place", "q"];
/** URL names of the values; shared links depend on them. */
const URL_NAMES = {
  period: "period",
  day: "day",
  allDays: "all",
  knownBy: "known",
  selected: "event",
  position: "at",
  ...Object.fromEntries(FILTER_PARAMS.map((name) => [name, name])),
};
const WRITTEN_ORDER = ["period", "day", "knownBy", ...FILTER_PARAMS, "selected"];

/**
 * Parse a URL fragment. Missing and invalid values become null, because a link may come from an older version.
 * @param {string} fragment
 */
function parseFragment(fragment) {
  const params = new URLSearchParams(fragment.replace(/^#/, ""));
  const text = (name) => params.get(URL_NAMES[name]) || null;
  const date = (name) => (isIsoDate(text(name) ?? "") ? text(name) : null);
  return {
    period: text("period"),
    day: date("day"),
    allDays: text("allDays") === "1",
    knownBy: date("knownBy"),
    selected: text("selected"),
    position: parsePosition(text("position")),
    ...Object.fromEntries(FILTER_PARAMS.map((name) => [name, text(name)])),
  };
}

function parsePosition(text) {
  const numbers = (text ?? "").split("/").map(Number);
  const [zoom, latitude, longitude] = numbers;
  const isOnMap =
    numbers.length === 3 && numbers.every(Number.isFinite) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 540;
  return isOnMap ? { zoom, latitude, longitude } : null;
}

/** Format view values as a URL fragment. */
function formatFragment(values) {
  const parts = WRITTEN_ORDER.filter((name) => values[name]).map((name) => {
    const encoded = encodeURIComponent(values[name]).replaceAll("%2C", ",").replaceAll("%20", "+");
    return `${URL_NAMES[name]}=${encoded}`;
  });
  if (values.allDays) parts.push("all=1");
  if (values.position) {
    const { zoom, latitude, longitude } = values.position;
    parts.push(`at=${zoom}/${latitude.toFixed(4)}/${longitude.toFixed(4)}`);
  }
  return `#${parts.join("&")}`;
}

/** Hold the view values and emit `change` with the names of those that changed, whoever changed them. */
export class ViewState extends EventTarget {
  constructor() {
    super();
    this.values = parseFragment(location.hash);
    addEventListener("hashchange", () => this.readUrl());
  }

  /** Take over a fragment that the reader edited, or reached through the history. */
  readUrl() {
    if (location.hash === formatFragment(this.values)) return;
    const values = parseFragment(location.hash);
    const changed = Object.keys(values).filter((name) => differs(values[name], this.values[name]));
    this.values = values;
    this.emitChange(changed, true);
  }

  /**
   * Update some values and the URL.
   * @param {Object<string, any>} changes
   * @param {{historyEntry: boolean}} [options] a selection can be undone by the back button; a slider's steps would
   *   bury everything before them
   */
  update(changes, { historyEntry = false } = {}) {
    const changed = Object.keys(changes).filter((name) => differs(changes[name], this.values[name]));
    if (!changed.length) return;
    this.values = { ...this.values, ...changes };
    const fragment = formatFragment(this.values);
    if (historyEntry) history.pushState(null, "", fragment);
    else history.replaceState(null, "", fragment);
    this.emitChange(changed, false);
  }

  /** Fill in values that a link left open, without an event: the change that is being rendered includes them. */
  applyDefaults(defaults) {
    this.values = { ...this.values, ...defaults };
  }

  emitChange(names, fromUrl) {
    this.dispatchEvent(new CustomEvent("change", { detail: { changed: new Set(names), fromUrl } }));
  }

  /** Return the active filters as API parameters. */
  filters() {
    return Object.fromEntries(
      FILTER_PARAMS.filter((name) => this.values[name]).map((name) => [name, this.values[name]]),
    );
  }
}

function differs(one, other) {
  return JSON.stringify(one) !== JSON.stringify(other);
}
