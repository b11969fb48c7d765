/** Side panel lists: control of places, and events split into certain and possible ones. */

import { formatEventDate } from "./dates.js";
import { el, setChildren, textButton } from "./dom.js";
import { codeLabel, formatNumber, holderLabel } from "./labels.js";
import { categoryBadge, swatch } from "./symbology.js";

const MAX_LISTED = 200;

/**
 * Render the places, those that changed on the day first.
 * @param {HTMLElement} element
 * @param {Array<object>} places
 * @param {{holderColours: HolderColours, truncated: boolean, onSelect: function(object): void}} options `truncated`
 *   means that the API has more places than it returned
 */
export function renderControlList(element, places, { holderColours, truncated, onSelect }) {
  const sorted = [...places].sort((a, b) => Number(b.changed) - Number(a.changed) || a.name.localeCompare(b.name));
  const listed = sorted.slice(0, MAX_LISTED);
  setChildren(
    element,
    listed.map((place) => placeRow(place, holderColours, onSelect)),
    truncated || sorted.length > listed.length
      ? el("li", { class: "hint" }, `Only the first ${listed.length} places are listed.`)
      : null,
    places.length ? null : el("li", { class: "hint" }, "Nothing is known of any place on this day."),
  );
}

function placeRow(place, holderColours, onSelect) {
  const { id, name, holder, holderName, lastHolder, lastHolderName, controlState, changed } = place;
  return el(
    "li",
    {
      class: changed ? "changed" : null,
      "data-place-id": id,
      "data-holder-id": holder,
      "data-control-state": controlState,
    },
    el(
      "button",
      { type: "button", class: "place-row", on: { click: () => onSelect(place) } },
      swatch(holderColours.classesForState(controlState, lastHolder)),
      el(
        "span",
        { class: "title" },
        name,
        changed ? el("span", { class: "changed-tag" }, "changed") : null,
        controlState === "held" ? null : el("span", { class: "control-state" }, codeLabel(controlState)),
      ),
      el("span", { class: "meta" }, holderLabel(holderName, lastHolderName)),
    ),
  );
}

/**
 * Render the events: of a cluster, of all days, or certain ones before possible ones.
 * @param {HTMLElement} element
 * @param {Array<object>} events
 * @param {{allDays: boolean, selectedId: ?string, clusterIds: ?string[]}} view
 * @param {{onSelect: function(string): void, onShowAll: function(): void}} listeners
 */
export function renderEventList(element, events, { allDays, selectedId, clusterIds }, { onSelect, onShowAll }) {
  const section = ([title, rows]) => eventSection(title, rows, selectedId, onSelect);
  if (clusterIds) {
    const clustered = events.filter((event) => clusterIds.includes(event.id));
    setChildren(
      element,
      section([`${clustered.length} events at this place`, clustered]),
      textButton("All events of this view", onShowAll),
    );
    return;
  }
  const sections = allDays
    ? [["In this view", events]]
    : [
        ["On this day", events.filter((event) => event.certain)],
        ["Possibly on this day: within a range of days", events.filter((event) => !event.certain)],
      ];
  const filled = sections.filter(([, rows]) => rows.length).map(section);
  setChildren(element, filled.length ? filled : el("p", { class: "hint" }, "No event matches: searched, none."));
}

function eventSection(title, events, selectedId, onSelect) {
  return [
    el("h3", {}, title, " ", el("span", { class: "count" }, String(events.length))),
    el(
      "ul",
      { class: "events" },
      events.slice(0, MAX_LISTED).map((event) => eventRow(event, event.id === selectedId, onSelect)),
    ),
    events.length > MAX_LISTED
      ? el("p", { class: "hint" }, `The first ${MAX_LISTED} are listed; all are on the map.`)
      : null,
  ];
}

function eventRow(event, isSelected, onSelect) {
  const place = `${event.placeName ?? "no place"}${event.point ? "" : " (not on the map)"}`;
  const meta = [codeLabel(event.category), place, formatEventDate(event.date)].join(" · ");
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: "event-row",
        "aria-current": isSelected ? "true" : null,
        on: { click: () => onSelect(event.id) },
      },
      categoryBadge(event.category),
      el(
        "span",
        { class: "row-text" },
        el("span", { class: "title" }, event.title),
        el("span", { class: "meta" }, meta),
      ),
      el("span", { class: `status status-${event.status}` }, codeLabel(event.status)),
    ),
  );
}

/** Render a count instead of a list too long to read, with a way to shorten it. */
export function renderTooMany(element, count, maxSingleEvents, onZoomIn) {
  setChildren(
    element,
    el(
      "p",
      { class: "too-many" },
      el("strong", {}, formatNumber(count)),
      " events match in this part of the map. The numbers on the map tell where.",
    ),
    el(
      "p",
      { class: "hint" },
      `Single events appear where fewer than ${maxSingleEvents} are in view: zoom in, or filter.`,
    ),
    textButton("Zoom in", onZoomIn),
  );
}

/** Render how many matching events the map leaves out, so that a reader does not take it for complete. */
export function renderOmitted(element, { events, omitted, complete }) {
  const unlocated = complete ? events.filter((event) => !event.point).length : (omitted.unlocated ?? 0);
  const parts = [];
  if (unlocated) parts.push(`${unlocated} of no known point${complete ? ", listed only" : ", not counted here"}`);
  if (omitted.undated) parts.push(`${omitted.undated} without any date, not shown`);
  element.textContent = parts.length ? `${parts.join("; ")}.` : "";
}
