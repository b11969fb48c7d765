/** Control history: the periods of a place's control, with what began each and what is not settled in it. */

import { formatEventDate, formatHalfOpenInterval } from "./dates.js";
import { el, jsonLink, setChildren, textButton } from "./dom.js";
import { codeLabel, controlBasisLabel, controlStateLabel, holderLabel } from "./labels.js";
import { swatch } from "./symbology.js";

/**
 * @typedef {object} HistoryListeners
 * @property {function(string): void} onSelectEvent
 * @property {function(string): void} onSelectPlace
 * @property {function(): void} onFilterPlace
 */

/**
 * Render a place's control history.
 * @param {HTMLElement} element
 * @param {{name: string, controlPeriods: object[], url: string, day: string, holderColours: HolderColours}} content
 *   `day` is highlighted
 * @param {HistoryListeners} listeners
 */
export function renderControlHistory(element, { name, controlPeriods, url, day, holderColours }, listeners) {
  setChildren(
    element,
    el("h2", { tabindex: "-1", id: "detail-title" }, `${name}: who held it`),
    el(
      "ol",
      { class: "control-periods" },
      controlPeriods.map((period) => periodRow(period, day, holderColours, listeners)),
    ),
    el(
      "p",
      { class: "source-links" },
      "Behind this: ",
      jsonLink(url, "timeline"),
      textButton(`Only ${name}`, listeners.onFilterPlace),
    ),
  );
}

function periodRow(period, day, holderColours, { onSelectEvent, onSelectPlace }) {
  const { from, until, holder, last_holder: lastHolder, state, basis } = period;
  const includesDay = (!from || from <= day) && (!until || day < until);
  return el(
    "li",
    { class: includesDay ? "current" : null },
    swatch(holderColours.classesForState(state, lastHolder?.id)),
    el(
      "div",
      {},
      el("p", { class: "title" }, holderLabel(holder?.name, lastHolder?.name)),
      el("p", { class: "meta" }, formatHalfOpenInterval(period)),
      el("p", { class: "meta" }, describeState(state, basis)),
      sinceLine(period, onSelectEvent),
      openList(period.open, onSelectEvent),
      insideList(period.inside, onSelectPlace),
    ),
  );
}

function describeState(state, basis) {
  const isKnown = basis && state !== "unknown";
  return isKnown ? `${controlStateLabel(state)} · ${controlBasisLabel(basis)}` : controlStateLabel(state);
}

/** Create the line of the change by which the last holder gained the place; its date may be an interval. */
function sinceLine({ change, since }, onSelectEvent) {
  if (!change) return null;
  return el(
    "p",
    { class: "meta since" },
    "Since: ",
    textButton(change.name, () => onSelectEvent(change.id)),
    `, ${formatInterval(since)}`,
  );
}

/** Create the list of changes that may have happened by then, or are not of the whole place, or not confirmed. */
function openList(changes, onSelectEvent) {
  const items = changes.map(({ change, extent, status, date }) => [
    textButton(change.name, () => onSelectEvent(change.id)),
    `, ${[extent === "full" ? "all of it" : codeLabel(extent), codeLabel(status), formatInterval(date)].join(", ")}`,
  ]);
  return namedList("open", "Not settled:", items);
}

/** Create the list of places inside that another side holds. */
function insideList(places, onSelectPlace) {
  const items = places.map(({ location, holder }) => [
    textButton(location.name, () => onSelectPlace(location.id)),
    `, held by ${holder.name}`,
  ]);
  return namedList("inside", "Places inside that another side holds:", items);
}

function namedList(className, name, items) {
  if (!items.length) return null;
  return el(
    "div",
    { class: `meta ${className}` },
    name,
    el(
      "ul",
      {},
      items.map((item) => el("li", {}, item)),
    ),
  );
}

/** Format the dates between which a change happened. */
function formatInterval({ earliest, latest }) {
  return formatEventDate({ earliest, latest, precision: "range" });
}
