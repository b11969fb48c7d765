/** One event: what follows from its claims, who said what through whom, and what cannot all be true. */

import { countInWords } from "./movements_layer.js";
import { badge, words } from "./symbology.js";
import { inWords, long } from "./dates.js";
import { h, jsonLink, show } from "./dom.js";

const STATUS_MEANS = {
  corroborated: "two or more independent sources assert it",
  reported: "asserted, by one independent source at the most",
  unconfirmed: "told as possible or planned only",
  disputed: "asserted by some and denied by others",
  denied: "only denied",
};

/**
 * @param {object} event the API's own answer, with its claims
 * @param {Array<{row: object, sides: Array<Array<object>>}>} contradictions with their claims
 * @param {{event: string, claims: string, contradictions: string}} addresses of the answers
 */
export function showDetail(element, event, contradictions, addresses, choose) {
  show(
    element,
    h("h2", { tabindex: "-1", id: "detail-title" }, badge(event.category), h("span", {}, event.title)),
    h(
      "p",
      { class: "chips" },
      h("span", { class: "chip" }, words(event.category)),
      h("span", { class: `chip status t-${event.status}` }, words(event.status)),
      h("span", { class: "means" }, STATUS_MEANS[event.status]),
    ),
    h("p", { class: "summary" }, event.summary),
    facts(event),
    contradictions.length
      ? h(
          "section",
          { class: "torn", "aria-labelledby": "torn-title" },
          h("h3", { id: "torn-title" }, "What cannot all be true"),
          contradictions.map((found) => contradiction(found, event, choose)),
        )
      : null,
    h(
      "section",
      { "aria-labelledby": "claims-title" },
      h("h3", { id: "claims-title" }, "Who says so ", h("span", { class: "number" }, String(event.claims.length))),
      event.claims.map((claim) => card(claim)),
    ),
    h(
      "p",
      { class: "links" },
      "Behind this: ",
      jsonLink(addresses.event, "event"),
      jsonLink(addresses.claims, "claims"),
      jsonLink(addresses.contradictions, "contradictions"),
    ),
  );
}

function facts(event) {
  const { date, location, control_change: change, movement, deaths } = event;
  const rows = [
    ["When", inWords(date)],
    ["Printed", date.printed ? `“${date.printed}”` : null],
    ["Where", location ? `${location.name} (${precision(event.location_precision)})` : "nowhere in particular"],
    ["Control", change ? controlInWords(change) : null],
    ["Movement", movement ? movementInWords(movement) : null],
    ["Deaths", deaths && countInWords(deaths) ? countInWords(deaths) : null],
    [
      "Actors",
      event.actors.length
        ? h(
            "ul",
            { class: "actors" },
            event.actors.map((actor) => h("li", {}, actor.name, h("span", { class: "role" }, ` ${words(actor.role)}`))),
          )
        : null,
    ],
    ["Sources", sourcesInWords(event.corroboration)],
  ];
  return h(
    "dl",
    { class: "facts" },
    rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

function sourcesInWords({ origins, asserting, denying }) {
  const claims = (number, one, many) => `${number} ${number === 1 ? `claim ${one}` : `claims ${many}`}`;
  return `${origins} independent; ${claims(asserting, "asserts", "assert")}${denying ? `, ${claims(denying, "denies", "deny")}` : ""}`;
}

function precision(code) {
  return (
    {
      exact: "the place itself",
      near: "within about 25 km",
      district: "somewhere in the district",
      province: "somewhere in the province",
      country: "somewhere in the country",
    }[code] ?? words(code)
  );
}

function controlInWords({ location, gained_by: gained, lost_by: lost, extent, means }) {
  const how = means === "unknown" ? "" : ` (${words(means)})`;
  return `${location.name}: ${lost?.name ?? "unknown"} → ${gained?.name ?? "unknown"}, ${words(extent)}${how}`;
}

function movementInWords({ from, to, via, mover, population, outcome, count }) {
  const number = count ? countInWords(count) : "";
  const who =
    population === "person" && mover
      ? mover.name
      : [number, words(population), mover ? `of ${mover.name}` : ""].filter(Boolean).join(" ");
  const way = [from && `from ${from.name}`, via && `through ${via.name}`, to && `to ${to.name}`]
    .filter(Boolean)
    .join(" ");
  return `${who} ${way}, ${words(outcome)}${count ? ` (${words(count.count_kind)})` : ""}`;
}

/** A claim: the chain through which it came, then what it says, then how it was printed. */
function card(claim) {
  return h(
    "article",
    { class: `claim ${claim.stance}` },
    h(
      "p",
      { class: "chain" },
      claim.attribution.map((hop, at) => [
        at ? h("span", { class: "through", "aria-label": "through" }, " → ") : null,
        h("span", { class: at ? "hop" : "hop first" }, hop.name),
      ]),
    ),
    h(
      "p",
      { class: "says" },
      h("strong", {}, `${stanceInWords(claim)}${claim.modality === "fact" ? "" : ` (${words(claim.modality)})`}: `),
      claim.summary,
    ),
    printed(claim),
    claim.note ? h("p", { class: "note" }, claim.note) : null,
    h(
      "p",
      { class: "about" },
      `said ${long(claim.reported_on)}${claim.reported_basis === "document" ? " (the day it was published)" : ""} · ${claim.locator}`,
    ),
  );
}

function stanceInWords({ stance }) {
  return stance === "denies" ? "Denial" : "Assertion";
}

/** What stands in the document beside what is understood by it. */
function printed(claim) {
  const understood = {
    date: inWords(claim.date),
    place: claim.location ? `coded at ${claim.location.name}` : null,
    quantity: claim.figures.map((figure) => `${countInWords(figure)} ${words(figure.measure)}`).join("; "),
  };
  const rows = ["date", "place", "quantity", "name", "other"].filter((name) => claim.printed[name]);
  if (!rows.length) return null;
  return h(
    "table",
    { class: "printed" },
    h(
      "thead",
      {},
      h("tr", {}, h("td", {}), h("th", { scope: "col" }, "printed"), h("th", { scope: "col" }, "understood as")),
    ),
    h(
      "tbody",
      {},
      rows.map((name) =>
        h(
          "tr",
          { class: `of-${name}` },
          h("th", { scope: "row" }, name),
          h("td", {}, `“${claim.printed[name]}”`),
          h("td", {}, understood[name] || "–"),
        ),
      ),
    ),
  );
}

const KINDS = {
  polarity: "Asserted and denied",
  date: "Dates that do not meet",
  figure: "Numbers that do not meet",
  control: "Who holds the place",
};

/** Both sides beside each other. */
function contradiction({ row, sides }, event, choose) {
  const others = row.events.filter((other) => other.id !== event.id);
  return h(
    "div",
    { class: "contradiction" },
    h("h4", {}, KINDS[row.kind] ?? words(row.kind)),
    h(
      "div",
      { class: "sides" },
      sides.map((claims) =>
        h(
          "div",
          { class: "side" },
          claims.map((claim) =>
            h(
              "div",
              { class: `said ${claim.stance}` },
              h(
                "p",
                { class: "chain" },
                claim.attribution[0]?.name ?? "",
                " ",
                h("span", { class: `chip ${claim.stance}` }, stanceInWords(claim)),
              ),
              h("p", {}, claim.summary),
              h("p", { class: "about" }, inWords(claim.date)),
            ),
          ),
        ),
      ),
    ),
    others.length
      ? h(
          "p",
          { class: "about" },
          "With: ",
          others.map((other) =>
            h("button", { type: "button", class: "plain", on: { click: () => choose(other.id) } }, other.name),
          ),
        )
      : null,
  );
}
