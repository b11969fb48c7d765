/** The form of filters: names are completed by the API's own search, and its objections are shown with a way out. */

import { CATEGORIES, STATUSES, badge, words } from "./symbology.js";
import { byId, h, show } from "./dom.js";

const PAUSE_MS = 250;
const CODED = { category: CATEGORIES, status: STATUSES };
const NAMED = { actor: "actors", place: "locations" };

/** Fills the form, and keeps it and the view the same. */
export class Filters {
  constructor(api, state) {
    this.api = api;
    this.state = state;
    for (const [name, codes] of Object.entries(CODED)) {
      show(
        byId(`${name}-codes`),
        codes.map((code) =>
          h(
            "label",
            { class: "code" },
            h("input", { type: "checkbox", name, value: code, on: { change: () => this.read(name) } }),
            name === "category" ? badge(code) : h("span", { class: `dot t-${code}`, "aria-hidden": "true" }),
            words(code),
          ),
        ),
      );
    }
    for (const name of ["actor", "place", "q"]) {
      byId(name).addEventListener("change", () => this.state.set({ [name]: byId(name).value.trim() || null }));
    }
    for (const name of Object.keys(NAMED)) byId(name).addEventListener("input", () => this.complete(name));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("clear").addEventListener("click", () =>
      this.state.set(Object.fromEntries([...Object.keys(CODED), "actor", "place", "q"].map((name) => [name, null]))),
    );
    this.write();
  }

  read(name) {
    const chosen = [...document.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value);
    this.state.set({ [name]: chosen.join(",") || null });
  }

  /** Show what the view says. */
  write() {
    const view = this.state.view;
    for (const name of Object.keys(CODED)) {
      const chosen = (view[name] ?? "").split(",");
      for (const box of document.querySelectorAll(`input[name=${name}]`)) box.checked = chosen.includes(box.value);
    }
    for (const name of ["actor", "place", "q"])
      if (byId(name).value.trim() !== (view[name] ?? "")) byId(name).value = view[name] ?? "";
    const count = Object.keys(this.state.filters()).length;
    byId("filter-count").textContent = count ? String(count) : "";
    byId("clear").hidden = !count;
  }

  /** Names that begin with what is typed. */
  complete(name) {
    clearTimeout(this.waiting);
    const typed = byId(name).value.trim();
    if (typed.length < 2) return;
    this.waiting = setTimeout(async () => {
      try {
        const found = await this.api.get("names", "v1/search", { q: typed, limit: 20 });
        const names = found.items.filter((hit) => hit.resource === NAMED[name]).map((hit) => hit.name);
        show(
          byId(`${name}-names`),
          [...new Set(names)].map((value) => h("option", { value })),
        );
      } catch {
        show(byId(`${name}-names`)); // completing is a help: what is typed is asked as it stands, and judged then
      }
    }, PAUSE_MS);
  }

  /** What the API objects to, with what it takes for the nearest; nothing if it objects to nothing. */
  object(problem) {
    const element = byId("problem");
    element.hidden = !problem;
    if (!problem) return show(element);
    const fixable = problem.parameter in { ...CODED, ...NAMED, q: 1 };
    return show(
      element,
      h("p", {}, problem.message),
      fixable && problem.suggestions.length
        ? h(
            "p",
            {},
            "Did you mean ",
            problem.suggestions.map((value) =>
              h(
                "button",
                {
                  type: "button",
                  class: "plain suggestion",
                  on: { click: () => this.state.set({ [problem.parameter]: value }) },
                },
                value,
              ),
            ),
            "?",
          )
        : null,
      fixable
        ? h(
            "button",
            { type: "button", class: "plain", on: { click: () => this.state.set({ [problem.parameter]: null }) } },
            `Drop the filter ${problem.parameter}`,
          )
        : null,
    );
  }
}
