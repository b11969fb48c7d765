/** Event facts: the coded and derived fields of an event as a list of terms, in plain words. */

import { quoteAll } from "./claims.js";
import { formatEventDate } from "./dates.js";
import { el, textButton } from "./dom.js";
import { codeLabel, formatFigure } from "./labels.js";

const PRECISION_LABELS = {
  exact: "the place itself",
  near: "within about 25 km",
  district: "somewhere in the district",
  province: "somewhere in the province",
  area: "somewhere along or in it",
  country: "somewhere in the country",
};
const EXTENT_LABELS = { full: "all of it", partial: "a part of it", surroundings: "what lies around it" };
const MEANS_LABELS = { handed_over: "handed over by agreement", unknown: "" };
const COUNT_KIND_LABELS = { cumulative: "a running total", stock: "at that time", capacity: "room for" };

/**
 * Create the list of an event's facts.
 * @param {object} event the API's row
 * @param {function(string): void} onSelectEvent
 */
export function factList(event, onSelectEvent) {
  const { date, deaths, movement, actors, part_of: whole } = event;
  const rows = [
    ["When", formatEventDate(date)],
    ["Printed", quoteAll(date.printed)],
    ["Where", event.location ? formatLocation(event.location, event.location_precision) : "nowhere in particular"],
    ["Control", event.control_change ? formatControlChange(event.control_change) : null],
    ["Movement", movement ? formatMovement(movement) : null],
    ["Deaths", deaths ? formatFigure(deaths) : null],
    ["Numbers", figureList(event)],
    ["Part of", whole ? textButton(whole.name, () => onSelectEvent(whole.id)) : null],
    ["Actors", actors.length ? list(actors.map(actorItem)) : null],
    ["Sources", formatCorroboration(event.corroboration)],
  ];
  return el(
    "dl",
    { class: "fact-list" },
    rows.filter(([, value]) => value).map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]),
  );
}

function list(items) {
  return el(
    "ul",
    {},
    items.map((item) => el("li", {}, item)),
  );
}

function note(text) {
  return el("span", { class: "role" }, ` ${text}`);
}

function actorItem({ name, roles }) {
  return [name, note(roles.map(codeLabel).join(", "))];
}

/** Create the list of the figures that no other fact shows. */
function figureList({ figures, deaths, movement }) {
  const shown = [deaths, movement?.count].filter(Boolean).map((figure) => figure.measure);
  const others = figures.filter((figure) => !shown.includes(figure.measure));
  return others.length ? list(others.map(figureItem)) : null;
}

function figureItem(figure) {
  const kind = COUNT_KIND_LABELS[figure.count_kind];
  return [`${codeLabel(figure.measure)}: ${formatFigure(figure)}`, kind ? note(kind) : null];
}

function formatLocation({ name, kind, admin1, country, id }, precision) {
  const province = admin1 && admin1.id !== id ? admin1.name : null;
  const kindName = codeLabel(kind);
  const namedPlace = name.toLowerCase().includes(kindName) ? name : `${name} (${kindName})`;
  const place = [namedPlace, province, kind === "country" ? null : country];
  return `${place.filter(Boolean).join(", ")}: ${PRECISION_LABELS[precision] ?? codeLabel(precision)}`;
}

function formatCorroboration({ documents, origins, unattributed, asserting, denying }) {
  const names = origins.map((origin) => origin.name).join(", ");
  const parts = [
    origins.length ? `${origins.length} independent: ${names}` : "none that is independent",
    `${asserting} ${asserting === 1 ? "claim asserts" : "claims assert"}`,
    unattributed ? `${unattributed} of these ${unattributed === 1 ? "names" : "name"} nobody` : null,
    denying ? `${denying} ${denying === 1 ? "claim denies" : "claims deny"}` : null,
    `in ${documents} ${documents === 1 ? "document" : "documents"}`,
  ];
  return parts.filter(Boolean).join("; ");
}

/** Format a change of hands, or an observation of a holder, in which nothing changes hands. */
function formatControlChange({ gained_by: gainedBy, lost_by: lostBy, extent, means }) {
  const extentText = EXTENT_LABELS[extent] ?? codeLabel(extent);
  if (means === "held") return `${gainedBy?.name ?? "somebody"} is seen to hold ${extentText}`;
  const holders = `${lostBy?.name ?? "unknown"} → ${gainedBy?.name ?? "unknown"}`;
  return [holders, extentText, MEANS_LABELS[means] ?? codeLabel(means)].filter(Boolean).join(", ");
}

function formatMovement({ from, to, via, mover, population, outcome, count }) {
  const people = population === "person" && mover ? mover.name : formatPeople(population, mover);
  const route = [from && `from ${from.name}`, via && `through ${via.name}`, to && `to ${to.name}`];
  const number = count ? formatFigure(count) : "";
  return [number, [people, ...route].filter(Boolean).join(" "), codeLabel(outcome)].filter(Boolean).join("; ");
}

function formatPeople(population, mover) {
  return `${codeLabel(population)}${mover ? ` of ${mover.name}` : ""}`;
}
