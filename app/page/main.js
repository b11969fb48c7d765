/** The page: a view, what it needs to know, and where that is shown. */

import { addressOf, Api, Problem } from "./api.js";
import { ArrowsLayer } from "./arrows_layer.js";
import { Holders, stateInWords } from "./codes.js";
import { ControlLayer } from "./control_layer.js";
import { long, toDay, toNumber, weekday } from "./days.js";
import { showDetail } from "./detail.js";
import { byId, h, jsonLink, show } from "./dom.js";
import { EventsLayer } from "./events_layer.js";
import { Filters } from "./filters.js";
import { showHolders, showLegend } from "./legend.js";
import { boxOf, makeMap } from "./map.js";
import { showControl, showEvents, showMany } from "./panel.js";
import { Questions } from "./questions.js";
import { copy, showRequests } from "./requests.js";
import { FILTERS, State } from "./state.js";
import { Timeline } from "./timeline.js";

const PLAY_MS = 1100;
const SETTLE_MS = 120;
const WIDE = matchMedia("(min-width: 60rem)");

class Page {
  constructor(map) {
    this.map = map;
    this.api = new Api();
    this.state = new State();
    this.questions = new Questions(this.api);
    this.holders = new Holders();
    this.filters = new Filters(this.api, this.state);
    this.timeline = new Timeline(byId("bars").firstElementChild, byId("bars-note"));
    this.controls = new ControlLayer(map, this.holders, (place) => this.state.set({ event: `place:${place.id}` }, { step: true }));
    this.arrows = new ArrowsLayer(map);
    this.marks = new EventsLayer(map, (ids) => this.chooseMark(ids));
    this.only = null;
    this.period = null;
    showLegend(byId("legend-signs"));
    showRequests(this.api, byId("request-list"), byId("request-count"), say);
  }

  async start() {
    const { all, periods } = await this.questions.packs();
    this.packs = all;
    this.periods = periods.map((pack) => ({ id: pack.id, title: pack.title, from: pack.coverage.from, until: pack.coverage.until }));
    if (!this.periods.length) {
      const reach = await this.questions.reach();
      if (reach) this.periods = [{ id: "all", title: "All", ...reach }];
    }
    if (!this.periods.length) return show(byId("lists"), h("p", { class: "more" }, "Nothing is loaded yet."));
    show(byId("period"), this.periods.map(({ id, title, from, until }) => h("option", { value: id }, `${title} (${from.slice(0, 4)}${from.slice(0, 4) === until.slice(0, 4) ? "" : `–${until.slice(0, 4)}`})`)));
    byId("period-box").hidden = this.periods.length < 2;
    show(byId("credit"), all.map((pack) => h("span", {}, `${pack.citation} ${pack.licence}. `)));
    this.listen();
    this.setPeriod();
    await Promise.all([this.loadBars(), this.loadControl(), this.loadChosen()]);
    if (this.state.view.at) this.look();
    else this.fit();
    await this.loadEvents();
    this.map.on("moveend", () => this.moved());
    this.started = true;
  }

  listen() {
    const state = this.state;
    state.addEventListener("change", ({ detail }) => this.changed(detail.names, detail.fromAddress));
    byId("day").addEventListener("input", () => state.set({ day: toDay(Number(byId("day").value)), all: false }));
    byId("known").addEventListener("input", () => {
      const day = toDay(Number(byId("known").value));
      state.set({ known: day >= this.lastKnown() ? null : day });
    });
    byId("all").addEventListener("change", () => state.set({ all: byId("all").checked }));
    byId("period").addEventListener("change", () => state.set({ period: byId("period").value, day: null, known: null, at: null }));
    byId("play").addEventListener("click", () => this.play(!this.playing));
    byId("back").addEventListener("click", () => state.set({ event: null }, { step: true }));
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault(); // what stands after # is the view
      byId("panel").focus();
    });
    byId("share").addEventListener("click", () => copy(location.href, say));
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && state.view.event) state.set({ event: null }, { step: true });
    });
  }

  /** Days and handles of the period that is chosen. */
  setPeriod() {
    const view = this.state.view;
    this.period = this.periods.find(({ id }) => id === view.period) ?? this.periods[0];
    const { id, title, from, until } = this.period;
    byId("period").value = id;
    byId("tagline").textContent = title;
    const day = view.day && view.day >= from && view.day <= until ? view.day : until;
    view.day = day;
    for (const [name, last] of [["day", until], ["known", this.lastKnown()]]) {
      byId(name).min = String(toNumber(from));
      byId(name).max = String(toNumber(last));
    }
    this.showDay();
  }

  /** The end of the second handle, where it asks for nothing: everything that is known now. */
  lastKnown() {
    return this.period.until;
  }

  showDay() {
    const { day, known, all } = this.state.view;
    byId("day").value = String(toNumber(day));
    byId("day").setAttribute("aria-valuetext", `${weekday(day)}, ${long(day)}`);
    byId("known").value = String(toNumber(known ?? this.lastKnown()));
    byId("known").setAttribute("aria-valuetext", known ? `what was known by ${long(known)}` : "everything known now");
    byId("known-text").textContent = known ? long(known) : "now";
    byId("all").checked = all;
    byId("weekday").textContent = all ? "" : weekday(day);
    byId("date").textContent = all ? `${long(this.period.from)} – ${long(this.period.until)}` : long(day);
    byId("control-title").textContent = `Who holds what on ${long(day)}`;
    document.body.classList.toggle("past", Boolean(known));
    this.timeline.mark(all ? null : day, known);
  }

  async changed(names, fromAddress) {
    const has = (...some) => some.some((name) => names.has(name));
    if (has("period") || fromAddress) this.setPeriod(); // an address may leave the day open
    else if (has("day", "known", "all")) this.showDay();
    if (has(...FILTERS)) this.filters.write();
    if (has("day", "known", "all", "period", ...FILTERS)) this.only = null;
    const loads = [];
    if (has("known", "period", ...FILTERS)) loads.push(this.loadBars());
    if (has("day", "known", "period", "place")) loads.push(this.loadControl());
    if (has("event", "known")) loads.push(this.loadChosen());
    if (has("day", "known", "all", "period", ...FILTERS)) loads.push(this.loadEvents());
    if (fromAddress && has("at") && this.state.view.at) this.look();
    await Promise.all(loads);
    if (has("period") && !this.state.view.at) this.fit();
  }

  /** Runs a load, and shows what the API objects to; a question that a newer one took the place of is nothing. */
  async load(name, work) {
    try {
      await work();
      if (this.objecting === name) this.filters.object((this.objecting = null));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.objecting = name;
      this.filters.object(error instanceof Problem ? error : new Problem({ detail: `The server does not answer (${error.message}).` }, 0));
    }
  }

  loadBars() {
    return this.load("bars", async () => {
      const found = await this.questions.bars(this.state.filters(), this.state.view.known, this.period);
      this.timeline.show(this.period.from, this.period.until, found);
      this.showDay();
    });
  }

  loadControl() {
    return this.load("control", async () => {
      const { day, known, place } = this.state.view;
      const { places, more } = await this.questions.control(day, known, place);
      this.holders.add(places.flatMap((found) => found.candidates));
      this.places = places;
      this.controls.show(places);
      showHolders(byId("holders"), places, this.holders);
      showControl(byId("control"), places, this.holders, (found) => this.state.set({ event: `place:${found.id}` }, { step: true }), more);
      const turned = places.filter((found) => found.changed).map((found) => `${found.name}: ${found.holderName}, ${stateInWords(found.state)}`);
      say([long(day), ...turned].join(". "));
    });
  }

  loadEvents() {
    return this.load("events", async () => {
      const { day, known, all } = this.state.view;
      const days = all ? `${this.period.from}/${this.period.until}` : day;
      const zoom = Math.round(this.map.getZoom());
      const found = await this.questions.events(this.state.filters(), known, days, all ? null : day, boxOf(this.map), zoom);
      this.found = found;
      if (found.cells) this.marks.showCells(found.cells);
      else this.marks.showEvents(found.events);
      this.showList();
      this.arrows.show(found.events ? await this.questions.arrows(found.events) : []);
    });
  }

  showList() {
    const { found, state } = this;
    const count = found.events ? found.events.length : found.count;
    byId("events-title").replaceChildren("What happened ", h("span", { class: "number" }, count.toLocaleString("en")));
    if (found.cells) showMany(byId("events"), found.count, () => this.map.zoomIn(2));
    else showEvents(byId("events"), found.events, { all: state.view.all, event: state.view.event, only: this.only, back: () => { this.only = null; this.showList(); } }, (id) => state.set({ event: id }, { step: true }));
    const nowhere = found.events && found.whole ? found.events.filter((event) => !event.point).length : found.omitted.unlocated ?? 0;
    const parts = [];
    if (nowhere) parts.push(`${nowhere} of no known point${found.whole ? ", listed only" : ", not counted here"}`);
    if (found.omitted.undated) parts.push(`${found.omitted.undated} without any date, not shown`);
    byId("left-out").textContent = parts.length ? `${parts.join("; ")}.` : "";
  }

  /** Marks of one event open it; others list what they gather. */
  chooseMark(ids) {
    if (ids.length === 1) return this.state.set({ event: ids[0] }, { step: true });
    this.only = ids;
    this.state.set({ event: null }, { step: true });
    this.showList();
    byId("events-title").scrollIntoView({ block: "start" });
    return undefined;
  }

  loadChosen() {
    const { event: id, known } = this.state.view;
    this.marks.mark(id);
    byId("detail-box").hidden = !id;
    byId("lists").hidden = Boolean(id);
    if (!id) {
      for (const kind of ["event", "contradictions", "place"]) this.api.forget(kind);
      return Promise.resolve();
    }
    return this.load("chosen", () => (id.startsWith("place:") ? this.showPlace(id.slice("place:".length), known) : this.showEvent(id, known)));
  }

  async showEvent(id, known) {
    this.api.forget("place");
    const { event, contradictions } = await this.questions.event(id, known);
    const path = `v1/events/${encodeURIComponent(id)}`;
    const addresses = {
      event: addressOf(path, { known_by: known }),
      claims: addressOf(`${path}/claims`, { known_by: known }),
      contradictions: addressOf("v1/contradictions", { known_by: known, place: event.location?.id }),
    };
    showDetail(byId("detail"), event, contradictions, addresses, (other) => this.state.set({ event: other }, { step: true }));
    this.focusDetail();
  }

  async showPlace(id, known) {
    for (const kind of ["event", "contradictions"]) this.api.forget(kind);
    const items = await this.questions.timelineOf(id, known);
    this.holders.add(items.flatMap((row) => row.candidates.map((actor) => actor.id)));
    const name = this.places?.find((place) => place.id === id)?.name ?? id;
    const days = ({ from, until }) => `${from ? long(from) : "before"} – ${until ? `before ${long(until)}` : "open"}`;
    show(byId("detail"),
      h("h2", { tabindex: "-1", id: "detail-title" }, `${name}: who held it`),
      h("ol", { class: "stretches" }, items.map((row) => h("li", { class: `swatched ${this.isNow(row) ? "now" : ""}` },
        h("span", { class: `swatch ${this.holders.classOf(row.holder?.id)} s-${row.state}`, "aria-hidden": "true" }),
        h("div", {}, h("p", { class: "title" }, row.holder?.name ?? "nobody known"),
          h("p", { class: "about" }, days(row)), h("p", { class: "about" }, `${stateInWords(row.state)} · ${row.basis ?? ""}`),
          row.change ? h("button", { type: "button", class: "plain", on: { click: () => this.state.set({ event: row.change.id }, { step: true }) } }, row.change.name) : null)))),
      h("p", { class: "links" }, "Behind this: ", jsonLink(addressOf(`v1/locations/${encodeURIComponent(id)}/control`, { known_by: known }), "timeline"),
        h("button", { type: "button", class: "plain", on: { click: () => this.state.set({ place: id, event: null }, { step: true }) } }, `Only ${name}`)));
    this.focusDetail();
  }

  isNow({ from, until }) {
    const { day } = this.state.view;
    return (!from || from <= day) && (!until || day < until);
  }

  focusDetail() {
    byId("panel").scrollTop = 0;
    if (this.started) byId("detail-title").focus({ preventScroll: WIDE.matches });
  }

  moved() {
    const { lat, lng } = this.map.getCenter();
    this.state.set({ at: { zoom: this.map.getZoom(), latitude: lat, longitude: lng } });
    clearTimeout(this.settling);
    if (this.found && !this.found.whole) this.settling = setTimeout(() => this.loadEvents(), SETTLE_MS);
  }

  look() {
    const { zoom, latitude, longitude } = this.state.view.at;
    this.map.setView([latitude, longitude], zoom, { animate: false });
  }

  /** Look at the places whose control is known, else at the whole. */
  fit() {
    const points = (this.places ?? []).filter((place) => place.point).map(({ point: [x, y] }) => [y, x]);
    if (points.length > 1) this.map.fitBounds(points, { padding: [48, 48], maxZoom: 8, animate: false });
    else this.map.setView([25, 40], 2.5, { animate: false });
  }

  play(on) {
    this.playing = on;
    byId("play").setAttribute("aria-pressed", String(on));
    clearInterval(this.ticking);
    if (!on) return;
    const { from, until } = this.period;
    const steps = Math.max(1, Math.round((toNumber(until) - toNumber(from)) / 400));
    if (this.state.view.day >= until || this.state.view.all) this.state.set({ day: from, all: false });
    this.ticking = setInterval(() => {
      const next = toNumber(this.state.view.day) + steps;
      if (next > toNumber(until)) this.play(false);
      else this.state.set({ day: toDay(next) });
    }, PLAY_MS);
  }
}

function say(text) {
  byId("said").textContent = text;
}

const roomy = () => {
  byId("filter-box").open = WIDE.matches;
};
WIDE.addEventListener("change", roomy);
roomy();
const map = await makeMap(byId("map"), new URL("outlines.geojson", import.meta.url));
const page = new Page(map);
await page.load("start", () => page.start());
document.body.dataset.ready = "true";
