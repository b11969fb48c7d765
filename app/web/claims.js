/** Claims: their attribution, content and printed wording, alone or opposed to each other in a contradiction. */

import { formatDatesIn, formatEventDate, formatLongDate } from "./dates.js";
import { el, textButton } from "./dom.js";
import { codeLabel, formatFigure } from "./labels.js";

const PRINTED_FIELDS = ["date", "place", "quantity", "name", "other"];
const CONTRADICTION_LABELS = {
  polarity: "Asserted and denied",
  date: "Dates that do not meet",
  figure: "Numbers that do not meet",
  control: "Who holds the place",
  occasion: "Two events that may be one, and disagree",
};

/** Create the card of a claim: through whom it came, its content, its printed wording and its place in the document. */
export function claimCard(claim) {
  const { stance, modality, summary, note, reported_on: reportedOn, reported_basis: reportedBasis } = claim;
  const reportDate = `${formatLongDate(reportedOn)}${reportedBasis === "document" ? " (the day it was published)" : ""}`;
  return el(
    "article",
    { class: `claim stance-${stance}` },
    attributionLine(claim.attribution),
    el(
      "p",
      {},
      el("strong", {}, `${stanceLabel(stance)}${modality === "fact" ? "" : ` (${codeLabel(modality)})`}: `),
      summary,
    ),
    printedTable(claim),
    note ? el("p", { class: "note" }, note) : null,
    el("p", { class: "meta" }, `said ${reportDate} · ${whereInDocument(claim)}`),
  );
}

function whereInDocument({ paragraph, locator }) {
  return paragraph === null ? (locator ?? "whole document") : `paragraph ${paragraph}`;
}

function attributionLine(attribution) {
  return el(
    "p",
    { class: "attribution" },
    attribution.map((hop, index) => [
      index ? el("span", { class: "hop-arrow", "aria-label": "through" }, " → ") : null,
      el("span", { class: index ? "hop" : "hop first" }, hop.name),
    ]),
  );
}

function stanceLabel(stance) {
  return stance === "denies" ? "Denial" : "Assertion";
}

/** Create the table of printed wording beside its coding, so that readers can judge the coding. */
function printedTable(claim) {
  const coded = {
    date: formatEventDate(claim.date),
    place: claim.location ? `coded at ${claim.location.name}` : null,
    quantity: claim.figures.map((figure) => `${formatFigure(figure)} ${codeLabel(figure.measure)}`).join("; "),
  };
  const fields = PRINTED_FIELDS.filter((field) => claim.printed[field].length);
  if (!fields.length) return null;
  const columnHeader = (label) => el("th", { scope: "col" }, label);
  return el(
    "table",
    { class: "printed" },
    el("thead", {}, el("tr", {}, el("td", {}), columnHeader("printed"), columnHeader("understood as"))),
    el(
      "tbody",
      {},
      fields.map((field) =>
        el(
          "tr",
          { class: `printed-${field}` },
          el("th", { scope: "row" }, field),
          el("td", {}, quoteAll(claim.printed[field])),
          el("td", {}, coded[field] || "–"),
        ),
      ),
    ),
  );
}

/** Quote tokens exactly as a document prints them. */
export function quoteAll(tokens) {
  return tokens.map((token) => `“${token}”`).join(", ");
}

/**
 * Create a contradiction, its sides next to each other.
 * @param {object} contradiction the API's row, with claims in place of references, and `moreClaims` of each side
 * @param {string} eventId the event of the page, which its list of events leaves out
 * @param {function(string): void} onSelectEvent
 */
export function contradictionSection({ kind, events, sides }, eventId, onSelectEvent) {
  const others = events.filter((event) => event.id !== eventId);
  return el(
    "div",
    { class: "contradiction" },
    el("h4", {}, CONTRADICTION_LABELS[kind] ?? codeLabel(kind)),
    el(
      "div",
      { class: "sides" },
      sides.map(sideColumn),
    ),
    others.length
      ? el(
          "p",
          { class: "meta" },
          "With: ",
          others.map((event) => textButton(event.name, () => onSelectEvent(event.id))),
        )
      : null,
  );
}

function sideColumn({ says, claims, moreClaims }) {
  return el(
    "div",
    { class: "side" },
    el("p", { class: "says" }, formatDatesIn(says)),
    claims.map(claimBrief),
    moreClaims ? el("p", { class: "meta" }, `and ${moreClaims} more ${moreClaims === 1 ? "claim" : "claims"}`) : null,
  );
}

function claimBrief({ stance, attribution, summary, date }) {
  const stanceChip = el("span", { class: `chip stance-${stance}` }, stanceLabel(stance));
  return el(
    "div",
    { class: `claim-brief stance-${stance}` },
    el("p", { class: "attribution" }, attribution[0]?.name ?? "", " ", stanceChip),
    el("p", {}, summary),
    el("p", { class: "meta" }, formatEventDate(date)),
  );
}
