/** Filter form: checkboxes for codes, name fields with suggestions from the API's search, and problem messages. */

import { byId, el, setChildren, textButton } from "./dom.js";
import { codeLabel } from "./labels.js";
import { CATEGORIES, STATUSES, categoryBadge } from "./symbology.js";
import { FILTER_PARAMS } from "./view_state.js";

const TYPING_DEBOUNCE_MS = 250;
const MIN_SEARCH_CHARACTERS = 2;
const CODE_FILTERS = { category: CATEGORIES, status: STATUSES };
const TEXT_FILTERS = ["actor", "place", "q"];
/** Filters by name, with the API resource whose names are suggested. */
const SUGGESTED_RESOURCES = { actor: "actors", place: "locations" };

/** Keep the filter form and the view state in step. */
export class Filters {
  /**
   * @param {ApiClient} client
   * @param {ViewState} viewState
   */
  constructor(client, viewState) {
    this.client = client;
    this.viewState = viewState;
    for (const [name, codes] of Object.entries(CODE_FILTERS)) {
      setChildren(
        byId(`${name}-options`),
        codes.map((code) => this.checkbox(name, code)),
      );
    }
    for (const name of TEXT_FILTERS) {
      const field = textField(name);
      field.addEventListener("change", () => this.viewState.update({ [name]: field.value.trim() || null }));
    }
    for (const name of Object.keys(SUGGESTED_RESOURCES))
      textField(name).addEventListener("input", () => this.suggestNames(name));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("clear-filters").addEventListener("click", () =>
      this.viewState.update(Object.fromEntries(FILTER_PARAMS.map((name) => [name, null]))),
    );
    this.render();
  }

  checkbox(name, code) {
    return el(
      "label",
      { class: "option" },
      el("input", { type: "checkbox", name, value: code, on: { change: () => this.applyCheckboxes(name) } }),
      name === "category"
        ? categoryBadge(code)
        : el("span", { class: `status-dot status-${code}`, "aria-hidden": "true" }),
      codeLabel(code),
    );
  }

  applyCheckboxes(name) {
    const codes = checkboxes(name)
      .filter((box) => box.checked)
      .map((box) => box.value);
    this.viewState.update({ [name]: codes.join(",") || null });
  }

  /** Render the filters of the view state. A field that agrees is left alone, or its cursor would jump. */
  render() {
    const { values } = this.viewState;
    for (const name of Object.keys(CODE_FILTERS)) {
      const codes = (values[name] ?? "").split(",");
      for (const box of checkboxes(name)) box.checked = codes.includes(box.value);
    }
    for (const name of TEXT_FILTERS) {
      const field = textField(name);
      if (field.value.trim() !== (values[name] ?? "")) field.value = values[name] ?? "";
    }
    const activeCount = Object.keys(this.viewState.filters()).length;
    byId("filter-count").textContent = activeCount ? String(activeCount) : "";
    byId("clear-filters").hidden = !activeCount;
  }

  /** Suggest names for the typed text, once typing pauses. */
  suggestNames(name) {
    clearTimeout(this.typingTimeout);
    const typed = textField(name).value.trim();
    if (typed.length < MIN_SEARCH_CHARACTERS) return;
    this.typingTimeout = setTimeout(async () => {
      const names = await this.searchNames(typed, SUGGESTED_RESOURCES[name]);
      setChildren(
        byId(`${name}-suggestions`),
        names.map((value) => el("option", { value })),
      );
    }, TYPING_DEBOUNCE_MS);
  }

  async searchNames(typed, resource) {
    try {
      const { items } = await this.client.get("names", "v1/search", { q: typed, limit: 20 });
      return [...new Set(items.filter((hit) => hit.resource === resource).map((hit) => hit.name))];
    } catch {
      return []; // suggestions are optional: the API judges the text once it is used as a filter
    }
  }

  /**
   * Show a problem, with buttons that correct the filter which caused it; null hides it.
   * @param {?Problem} problem
   */
  showProblem(problem) {
    const element = byId("problem");
    element.hidden = !problem;
    if (!problem) {
      setChildren(element);
      return;
    }
    const { parameter, suggestions, message } = problem;
    const isFilter = FILTER_PARAMS.includes(parameter);
    setChildren(
      element,
      el("p", {}, message),
      isFilter && suggestions.length ? this.suggestionLine(parameter, suggestions) : null,
      isFilter ? textButton(`Drop the filter ${parameter}`, () => this.viewState.update({ [parameter]: null })) : null,
    );
  }

  suggestionLine(parameter, suggestions) {
    const buttons = suggestions.map((value) =>
      textButton(value, () => this.viewState.update({ [parameter]: value }), { class: "secondary suggestion" }),
    );
    return el("p", {}, "Did you mean ", buttons, "?");
  }
}

function textField(name) {
  return byId(`filter-${name}`);
}

function checkboxes(name) {
  return [...document.querySelectorAll(`input[name=${name}]`)];
}
