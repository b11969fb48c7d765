/** What the page asked to show what it shows: nothing but the public API, ready to be asked again elsewhere. */

import { h, jsonLink, show } from "./dom.js";

const TOLD_MS = 1500;
const NAMES = {
  packs: "What is loaded",
  control: "Who holds what",
  before: "Who held what the day before",
  events: "Events",
  movements: "Movements",
  density: "Events by cell",
  timeline: "Bars of the timeline",
  event: "The event and its claims",
  place: "Who held the place",
  contradictions: "Contradictions",
  names: "Names that fit",
};

/** A question as a command line; an apostrophe would end the quotes. */
export function asCurl(address) {
  return `curl '${address.replaceAll("'", "%27")}'`;
}

/** Keeps a list of the questions of the view, in the order in which they were asked. */
export function showRequests(api, list, count, say) {
  const draw = () => {
    count.textContent = String(api.asked.size);
    show(
      list,
      [...api.asked].map(([kind, address]) => {
        const line = asCurl(address);
        return h(
          "li",
          { "data-kind": kind },
          h("span", { class: "kind" }, NAMES[kind] ?? kind),
          h("code", { tabindex: "0" }, line),
          h(
            "span",
            { class: "do" },
            h(
              "button",
              {
                type: "button",
                class: "plain",
                "aria-label": `Copy as curl: ${NAMES[kind] ?? kind}`,
                on: { click: (event) => copy(line, event.currentTarget, say) },
              },
              "Copy",
            ),
            jsonLink(address),
          ),
        );
      }),
    );
  };
  api.addEventListener("asked", draw);
  draw();
}

/** Copies, and says so on the button itself; browsers let only secure pages (https, or this machine) copy. */
export async function copy(text, button, say) {
  const before = button.textContent;
  let told = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    told = "Cannot copy here";
  }
  say(told);
  button.textContent = told;
  setTimeout(() => {
    button.textContent = before;
  }, TOLD_MS);
}
