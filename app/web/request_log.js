/** Request log: the API requests behind the current view, as curl commands. Anyone can repeat them elsewhere. */

import { copyToClipboard } from "./clipboard.js";
import { el, jsonLink, setChildren, textButton } from "./dom.js";

const PURPOSE_LABELS = {
  packs: "What is loaded",
  control: "Who holds what",
  "control-before": "Who held what the day before",
  events: "Events",
  movements: "Movements",
  density: "Events by cell",
  timeline: "Bars of the timeline",
  event: "The event and its claims",
  place: "Who held the place",
  contradictions: "Contradictions",
  names: "Names that fit",
};

/** Format a URL as a curl command; an apostrophe would end the shell's quotes. */
function toCurl(url) {
  return `curl '${url.replaceAll("'", "%27")}'`;
}

/**
 * Render the log, and again whenever a request is recorded or discarded.
 * @param {ApiClient} client
 * @param {{list: HTMLElement, count: HTMLElement}} elements
 * @param {function(string): void} announce
 */
export function renderRequestLog(client, { list, count }, announce) {
  const render = () => {
    count.textContent = String(client.requestUrls.size);
    setChildren(
      list,
      [...client.requestUrls].map(([purpose, url]) => logEntry(purpose, url, announce)),
    );
  };
  client.addEventListener("requestschange", render);
  render();
}

function logEntry(purpose, url, announce) {
  const label = PURPOSE_LABELS[purpose] ?? purpose;
  const command = toCurl(url);
  const copy = (event) => copyToClipboard(command, event.currentTarget, announce);
  return el(
    "li",
    { "data-purpose": purpose },
    el("span", { class: "purpose" }, label),
    el("code", { tabindex: "0" }, command),
    el(
      "span",
      { class: "actions" },
      textButton("Copy", copy, { "aria-label": `Copy as curl: ${label}` }),
      jsonLink(url),
    ),
  );
}
