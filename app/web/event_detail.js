/** Event details: coded facts, contradictions, and the claims from which everything else is derived. */

import { claimCard, contradictionSection } from "./claims.js";
import { formatEventDate } from "./dates.js";
import { el, jsonLink, setChildren } from "./dom.js";
import { codeLabel, formatQuantity } from "./labels.js";
import { categoryBadge } from "./symbology.js";

const STATUS_MEANINGS = {
  corroborated: "two or more independent sources assert it",
  reported: "asserted, by one independent source at the most",
  unconfirmed: "told as possible or planned only",
  disputed: "asserted by some and denied by others",
  denied: "only denied",
};
const PRECISION_LABELS = {
  exact: "the place itself",
  near: "within about 25 km",
  district: "somewhere in the district",
  province: "somewhere in the province",
  country: "somewhere in the country",
};

/**
 * Render an event.
 * @param {HTMLElement} element
 * @param {object} content
 * @param {object} content.event the API's row, with claims
 * @param {object[]} content.contradictions the API's rows, with claims in place of their ids
 * @param {{event: string, claims: string, contradictions: string}} content.urls
 * @param {function(string): void} onSelectEvent
 */
export function renderEventDetail(element, { event, contradictions, urls }, onSelectEvent) {
  setChildren(
    element,
    el("h2", { tabindex: "-1", id: "detail-title" }, categoryBadge(event.category), el("span", {}, event.title)),
    chips(event),
    el("p", { class: "summary" }, event.summary),
    factList(event),
    contradictionsSection(contradictions, event.id, onSelectEvent),
    claimsSection(event.claims),
    el(
      "p",
      { class: "source-links" },
      "Behind this: ",
      jsonLink(urls.event, "event"),
      jsonLink(urls.claims, "claims"),
      jsonLink(urls.contradictions, "contradictions"),
    ),
  );
}

function chips({ category, status }) {
  return el(
    "p",
    { class: "chips" },
    el("span", { class: "chip" }, codeLabel(category)),
    el("span", { class: `chip status status-${status}` }, codeLabel(status)),
    el("span", { class: "status-meaning" }, STATUS_MEANINGS[status]),
  );
}

function contradictionsSection(contradictions, eventId, onSelectEvent) {
  if (!contradictions.length) return null;
  return el(
    "section",
    { class: "contradictions", "aria-labelledby": "contradictions-title" },
    el("h3", { id: "contradictions-title" }, "What cannot all be true"),
    contradictions.map((contradiction) => contradictionSection(contradiction, eventId, onSelectEvent)),
  );
}

function claimsSection(claims) {
  return el(
    "section",
    { "aria-labelledby": "claims-title" },
    el("h3", { id: "claims-title" }, "Who says so ", el("span", { class: "count" }, String(claims.length))),
    claims.map(claimCard),
  );
}

function factList(event) {
  const { date, location, control_change: controlChange, movement, deaths, actors } = event;
  const rows = [
    ["When", formatEventDate(date)],
    ["Printed", date.printed ? `“${date.printed}”` : null],
    ["Where", location ? formatLocation(location, event.location_precision) : "nowhere in particular"],
    ["Control", controlChange ? formatControlChange(controlChange) : null],
    ["Movement", movement ? formatMovement(movement) : null],
    ["Deaths", deaths ? formatQuantity(deaths) : null],
    ["Actors", actors.length ? actorList(actors) : null],
    ["Sources", formatCorroboration(event.corroboration)],
  ];
  return el(
    "dl",
    { class: "fact-list" },
    rows.filter(([, value]) => value).map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]),
  );
}

function actorList(actors) {
  return el(
    "ul",
    {},
    actors.map((actor) => el("li", {}, actor.name, el("span", { class: "role" }, ` ${codeLabel(actor.role)}`))),
  );
}

function formatLocation(location, precision) {
  return `${location.name} (${PRECISION_LABELS[precision] ?? codeLabel(precision)})`;
}

function formatCorroboration({ origins, asserting, denying }) {
  const asserts = asserting === 1 ? "claim asserts" : "claims assert";
  const denies = denying === 1 ? "claim denies" : "claims deny";
  return `${origins} independent; ${asserting} ${asserts}${denying ? `, ${denying} ${denies}` : ""}`;
}

function formatControlChange({ location, gained_by: gainedBy, lost_by: lostBy, extent, means }) {
  const meansText = means === "unknown" ? "" : ` (${codeLabel(means)})`;
  const holders = `${lostBy?.name ?? "unknown"} → ${gainedBy?.name ?? "unknown"}`;
  return `${location.name}: ${holders}, ${codeLabel(extent)}${meansText}`;
}

function formatMovement({ from, to, via, mover, population, outcome, count }) {
  const isNamedPerson = population === "person" && mover;
  const group = [count ? formatQuantity(count) : "", codeLabel(population), mover ? `of ${mover.name}` : ""];
  const movers = isNamedPerson ? mover.name : group.filter(Boolean).join(" ");
  const route = [from && `from ${from.name}`, via && `through ${via.name}`, to && `to ${to.name}`]
    .filter(Boolean)
    .join(" ");
  return `${movers} ${route}, ${codeLabel(outcome)}${count ? ` (${codeLabel(count.count_kind)})` : ""}`;
}
