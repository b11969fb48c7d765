/** The list beside the map: who holds what on the day, and what happened on it or may have. */

import { badge, words } from "./symbology.js";
import { inWords } from "./dates.js";
import { h, show } from "./dom.js";

const MOST_SHOWN = 200;

/** A button that opens an event. */
export function eventButton(event, choose, chosen) {
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "event",
        "aria-current": event.id === chosen ? "true" : null,
        on: { click: () => choose(event.id) },
      },
      badge(event.category),
      h(
        "span",
        { class: "text" },
        h("span", { class: "title" }, event.title),
        h(
          "span",
          { class: "about" },
          words(event.category),
          " · ",
          event.placeName ?? "no place",
          event.point ? null : " (not on the map)",
          " · ",
          inWords(event.date),
        ),
      ),
      h("span", { class: `status t-${event.status}` }, words(event.status)),
    ),
  );
}

/**
 * Who holds what, changes of the day first.
 * @param {Array} places with `changed` where the answer differs from the day before
 */
export function showControl(element, places, holders, choose, more) {
  const sorted = [...places].sort((a, b) => Number(b.changed) - Number(a.changed) || a.name.localeCompare(b.name));
  show(
    element,
    sorted.slice(0, MOST_SHOWN).map((place) =>
      h(
        "li",
        {
          class: place.changed ? "changed" : null,
          "data-place": place.id,
          "data-holder": place.holder,
          "data-state": place.state,
        },
        h(
          "button",
          { type: "button", class: "place", on: { click: () => choose(place) } },
          h("span", { class: `swatch ${holders.classOf(place.holder)} s-${place.state}`, "aria-hidden": "true" }),
          h(
            "span",
            { class: "title" },
            place.name,
            place.changed ? h("span", { class: "tag" }, "changed") : null,
            place.state === "held" ? null : h("span", { class: "state" }, words(place.state)),
          ),
          h("span", { class: "about" }, place.holderName ?? "nobody known"),
        ),
      ),
    ),
    more || sorted.length > MOST_SHOWN
      ? h("li", { class: "more" }, `Only the first ${Math.min(MOST_SHOWN, sorted.length)} places are listed.`)
      : null,
    places.length ? null : h("li", { class: "more" }, "Nothing is known of any place on this day."),
  );
}

/** Events in two parts: those of the day itself, and those whose dates only allow it. */
export function showEvents(element, events, view, choose) {
  if (view.only) {
    const chosen = events.filter((event) => view.only.includes(event.id));
    show(
      element,
      part(`${chosen.length} events at this place`, chosen, view, choose),
      h("button", { type: "button", class: "plain", on: { click: view.back } }, "All events of this view"),
    );
    return;
  }
  const parts = view.all
    ? [["In this view", events]]
    : [
        ["On this day", events.filter((event) => event.certain)],
        ["Possibly on this day: within a range of days", events.filter((event) => !event.certain)],
      ];
  const shown = parts.filter(([, found]) => found.length).map(([title, found]) => part(title, found, view, choose));
  show(element, shown.length ? shown : h("p", { class: "more" }, "No event matches: searched, none."));
}

function part(title, events, view, choose) {
  return [
    h("h3", {}, title, " ", h("span", { class: "number" }, String(events.length))),
    h(
      "ul",
      { class: "events" },
      events.slice(0, MOST_SHOWN).map((event) => eventButton(event, choose, view.event)),
    ),
    events.length > MOST_SHOWN
      ? h("p", { class: "more" }, `The first ${MOST_SHOWN} are listed; all are on the map.`)
      : null,
  ];
}

/** Too many to list: how many, and what to do. */
export function showMany(element, count, zoomIn) {
  show(
    element,
    h(
      "p",
      { class: "many" },
      h("strong", {}, count.toLocaleString("en")),
      " events match in this part of the map. The numbers on the map tell where.",
    ),
    h("p", { class: "more" }, "Single events appear where fewer than 300 are in view: zoom in, or filter."),
    h("button", { type: "button", class: "plain", on: { click: zoomIn } }, "Zoom in"),
  );
}

/** What matches and is neither on the map nor, with many events, counted. */
export function showLeftOut(element, { events, omitted, whole }) {
  const nowhere = whole ? events.filter((event) => !event.point).length : (omitted.unlocated ?? 0);
  const parts = [];
  if (nowhere) parts.push(`${nowhere} of no known point${whole ? ", listed only" : ", not counted here"}`);
  if (omitted.undated) parts.push(`${omitted.undated} without any date, not shown`);
  element.textContent = parts.length ? `${parts.join("; ")}.` : "";
}
