/** Event details: coded facts, contradictions, and the claims from which everything else is derived. */

import { claimCard, contradictionSection } from "./claims.js";
import { el, jsonLink, setChildren } from "./dom.js";
import { factList } from "./event_facts.js";
import { codeLabel } from "./labels.js";
import { categoryBadge } from "./symbology.js";

const STATUS_MEANINGS = {
  corroborated: "two or more independent sources assert it",
  reported: "asserted, by one independent source at the most",
  unconfirmed: "told as possible or planned only",
  disputed: "asserted by some and denied by others",
  denied: "only denied",
};

/**
 * Render an event.
 * @param {HTMLElement} element
 * @param {object} content
 * @param {object} content.event the API's row, with claims
 * @param {object[]} content.contradictions the API's rows, with claims in place of references
 * @param {{event: string, claims: string, contradictions: string}} content.urls
 * @param {function(string): void} onSelectEvent
 */
export function renderEventDetail(element, { event, contradictions, urls }, onSelectEvent) {
  setChildren(
    element,
    el("h2", { tabindex: "-1", id: "detail-title" }, categoryBadge(event.category), el("span", {}, event.title)),
    chips(event),
    el("p", { class: "summary" }, event.summary),
    factList(event, onSelectEvent),
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
