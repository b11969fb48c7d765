/** What is chosen: an event, or a place and who held it through time. */

import { addressOf } from "./api_client.js";
import { stateInWords } from "./symbology.js";
import { stretch } from "./dates.js";
import { showDetail } from "./detail.js";
import { byId, h, jsonLink, show } from "./dom.js";

const PLACE = "place:"; // before an id that is a place's and no event's
const KINDS = { event: ["event", "contradictions"], place: ["place", "place name"] };

/** Shows it in the place of the lists. */
export class Chosen {
  constructor(state, questions, holders) {
    this.state = state;
    this.questions = questions;
    this.holders = holders;
    this.settled = false; // the page's own beginning takes nobody's focus
    byId("back").addEventListener("click", () => this.choose(null));
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && state.view.event) this.choose(null);
    });
  }

  choose(id) {
    this.state.set({ event: id }, { step: true });
  }

  choosePlace(id) {
    this.choose(PLACE + id);
  }

  /** Show what the view names, or the lists, if that is still the newest. Raises Problem for what the API refuses. */
  async show(newest) {
    const { event: id, known } = this.state.view;
    byId("detail-box").hidden = !id;
    byId("lists").hidden = Boolean(id);
    const isPlace = id?.startsWith(PLACE);
    if (!id || isPlace) KINDS.event.forEach((kind) => this.questions.api.forget(kind));
    if (!isPlace) KINDS.place.forEach((kind) => this.questions.api.forget(kind));
    if (!id) return this.leave();
    if (this.shown !== id) show(byId("detail")); // of an id that nobody knows nothing is shown
    this.shown = id;
    const draw = isPlace ? await this.place(id.slice(PLACE.length), known) : await this.event(id, known);
    if (!newest()) return undefined;
    draw();
    byId("panel").scrollTop = 0;
    if (this.settled) byId("detail-title").focus();
    return undefined;
  }

  /** Lead whoever reads what is not shown any more back to the lists. */
  leave() {
    if (this.shown) byId("panel").focus({ preventScroll: true });
    this.shown = null;
  }

  /** What shows an event. */
  async event(id, known) {
    const { event, contradictions } = await this.questions.event(id, known);
    const path = `v1/events/${encodeURIComponent(id)}`;
    const addresses = {
      event: addressOf(path, { known_by: known }),
      claims: addressOf(`${path}/claims`, { known_by: known }),
      contradictions: addressOf("v1/contradictions", { known_by: known, place: event.location?.id }),
    };
    return () => showDetail(byId("detail"), event, contradictions, addresses, (other) => this.choose(other));
  }

  /** What shows a place. */
  async place(id, known) {
    const { name, items } = await this.questions.timelineOf(id, known);
    this.holders.add(items.flatMap((row) => row.candidates.map((actor) => actor.id)));
    const address = addressOf(`v1/locations/${encodeURIComponent(id)}/control`, { known_by: known });
    return () =>
      show(
        byId("detail"),
        h("h2", { tabindex: "-1", id: "detail-title" }, `${name}: who held it`),
        h(
          "ol",
          { class: "stretches" },
          items.map((row) => this.drawn(row)),
        ),
        h(
          "p",
          { class: "links" },
          "Behind this: ",
          jsonLink(address, "timeline"),
          button(`Only ${name}`, () => this.state.set({ place: id, event: null }, { step: true })),
        ),
      );
  }

  /** Days with one state; those around the day of the view stand out. */
  drawn(row) {
    const { day } = this.state.view;
    const now = (!row.from || row.from <= day) && (!row.until || day < row.until);
    return h(
      "li",
      { class: now ? "now" : null },
      h("span", { class: `swatch ${this.holders.classOf(row.holder?.id)} s-${row.state}`, "aria-hidden": "true" }),
      h(
        "div",
        {},
        h("p", { class: "title" }, row.holder?.name ?? "nobody known"),
        h("p", { class: "about" }, stretch(row)),
        h("p", { class: "about" }, [stateInWords(row.state), row.basis].filter(Boolean).join(" · ")),
        row.change ? button(row.change.name, () => this.choose(row.change.id)) : null,
      ),
    );
  }
}

function button(text, click) {
  return h("button", { type: "button", class: "plain", on: { click } }, text);
}
