/** The page: a view, what it needs to know, and where that is shown. */

import { Api, Problem } from "./api_client.js";
import { ArrowsLayer } from "./movements_layer.js";
import { Chosen } from "./selection.js";
import { Clock } from "./time_controls.js";
import { Holders, stateInWords } from "./symbology.js";
import { ControlLayer } from "./control_layer.js";
import { long } from "./dates.js";
import { byId, h, show } from "./dom.js";
import { EventsLayer } from "./events_layer.js";
import { Filters } from "./filters.js";
import { showHolders, showLegend } from "./legend.js";
import { boxOf, makeMap } from "./map.js";
import { showControl, showEvents, showLeftOut, showMany } from "./panel.js";
import { Questions } from "./queries.js";
import { copy, showRequests } from "./request_log.js";
import { FILTERS, State } from "./view_state.js";
import { Timeline } from "./timeline.js";

const SETTLE_MS = 120;
const WIDE = matchMedia("(min-width: 60rem)");

/** Loads each part of the view anew when what it depends on changes. */
class Page {
  constructor(map) {
    this.map = map;
    this.state = new State();
    this.api = new Api();
    this.questions = new Questions(this.api);
    this.holders = new Holders();
    this.filters = new Filters(this.api, this.state);
    this.chosen = new Chosen(this.state, this.questions, this.holders);
    this.timeline = new Timeline(byId("bars").firstElementChild, byId("bars-note"));
    this.grounds = new ControlLayer(map, this.holders, (place) => this.chosen.choosePlace(place.id));
    this.arrows = new ArrowsLayer(map);
    this.marks = new EventsLayer(map, (ids) => this.chooseMark(ids));
    this.turns = new Map();
    this.only = null; // ids of the events that a mark gathers, while only these are listed
    showLegend(byId("legend-signs"));
    showRequests(this.api, byId("request-list"), byId("request-count"), say);
    byId("share").addEventListener("click", () => copy(location.href, byId("share"), say));
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault(); // what stands after # is the view
      byId("panel").focus();
    });
  }

  async start() {
    const { all, periods } = await this.questions.packs();
    if (!periods.length) return show(byId("lists"), h("p", { class: "more" }, "Nothing is loaded yet."));
    this.clock = new Clock(this.state, periods);
    show(
      byId("credit"),
      all.map((pack) => h("span", {}, `${pack.citation} ${pack.licence}. `)),
    );
    this.state.addEventListener("change", ({ detail }) => this.changed(detail.names, detail.fromAddress));
    await Promise.all([this.loadBars(), this.loadControl(), this.loadArrows(), this.loadChosen()]);
    this.look();
    await this.loadEvents();
    this.map.on("moveend", () => this.moved());
    this.chosen.settled = true;
    return undefined;
  }

  async changed(names, fromAddress) {
    const has = (...some) => some.some((name) => names.has(name));
    const period = has("period") || fromAddress; // an address may leave the day open
    if (period) this.clock.setPeriod();
    else if (has("day", "known", "all")) this.clock.show();
    this.timeline.mark(this.state.view.all ? null : this.state.view.day, this.state.view.known);
    if (has(...FILTERS)) this.filters.write();
    const events = has("day", "known", "all", "period", ...FILTERS);
    if (events) this.only = null;
    if (fromAddress && has("at")) this.look();
    await Promise.all([
      has("known", "period", ...FILTERS) && this.loadBars(),
      has("day", "known", "period", "place") && this.loadControl(),
      has("event", "known") && this.loadChosen(),
      events && this.loadEvents(),
      events && this.loadArrows(),
    ]);
    if (has("period") && !fromAddress) this.look();
  }

  /**
   * Runs a load, and shows what the API objects to. `work` is given a function that tells whether it is still the
   * newest of its name: what an older one learns late is not shown.
   */
  async load(name, work) {
    const turn = (this.turns.get(name) ?? 0) + 1;
    this.turns.set(name, turn);
    const newest = () => this.turns.get(name) === turn;
    try {
      await work(newest);
      if (!newest()) return;
      if (this.objecting === name) this.filters.object((this.objecting = null));
    } catch (error) {
      if (error.name === "AbortError" || !newest()) return;
      this.objecting = name;
      const silent = () => new Problem({ detail: `The server does not answer (${error.message}).` }, 0);
      this.filters.object(error instanceof Problem ? error : silent());
    }
  }

  loadBars() {
    return this.load("bars", async (newest) => {
      const { period } = this.clock;
      const found = await this.questions.bars(this.state.filters(), this.state.view.known, period);
      if (!newest()) return;
      this.timeline.show(period.from, period.until, found);
      this.timeline.mark(this.state.view.all ? null : this.state.view.day, this.state.view.known);
    });
  }

  loadControl() {
    return this.load("control", async (newest) => {
      const { day, known, place } = this.state.view;
      const { places, more } = await this.questions.control(day, known, place);
      if (!newest()) return;
      this.holders.add(places.flatMap((found) => found.candidates));
      this.places = places;
      this.grounds.show(places);
      showHolders(byId("holders"), places, this.holders);
      showControl(byId("control"), places, this.holders, (found) => this.chosen.choosePlace(found.id), more);
      const turned = places.filter((found) => found.changed);
      say(
        [long(day), ...turned.map((found) => `${found.name}: ${found.holderName}, ${stateInWords(found.state)}`)].join(
          ". ",
        ),
      );
    });
  }

  loadEvents() {
    return this.load("events", async (newest) => {
      const { day, known, all } = this.state.view;
      const seen = { box: boxOf(this.map), zoom: Math.round(this.map.getZoom()) };
      const found = await this.questions.events(this.state.filters(), known, this.clock.days(), all ? null : day, seen);
      if (!newest()) return;
      this.found = found;
      if (found.cells) this.marks.showCells(found.cells);
      else this.marks.showEvents(found.events);
      this.arrows.allow(!found.cells);
      this.showList();
    });
  }

  /** Movements are few, however many events there are. */
  loadArrows() {
    return this.load("arrows", async (newest) => {
      const { day, known, all } = this.state.view;
      const found = await this.questions.arrows(this.state.filters(), known, this.clock.days(), all ? null : day);
      if (newest()) this.arrows.show(found);
    });
  }

  loadChosen() {
    this.marks.mark(this.state.view.event);
    return this.load("chosen", (newest) => this.chosen.show(newest));
  }

  showList() {
    const { found } = this;
    const count = found.events ? found.events.length : found.count;
    byId("events-title").replaceChildren("What happened ", h("span", { class: "number" }, count.toLocaleString("en")));
    showLeftOut(byId("left-out"), found);
    if (found.cells) return showMany(byId("events"), found.count, () => this.map.zoomIn(2));
    const { all, event } = this.state.view;
    const back = () => {
      this.only = null;
      this.showList();
    };
    return showEvents(byId("events"), found.events, { all, event, only: this.only, back }, (id) =>
      this.chosen.choose(id),
    );
  }

  /** Marks of one event open it; others list what they gather. */
  chooseMark(ids) {
    if (ids.length === 1) return this.chosen.choose(ids[0]);
    this.only = ids;
    this.chosen.choose(null);
    this.showList();
    return byId("events-title").scrollIntoView({ block: "start" });
  }

  moved() {
    const { lat: latitude, lng: longitude } = this.map.getCenter();
    this.state.set({ at: { zoom: this.map.getZoom(), latitude, longitude } });
    clearTimeout(this.settling);
    if (this.found && !this.found.whole) this.settling = setTimeout(() => this.loadEvents(), SETTLE_MS);
  }

  /** Look where the view says, else at the places whose control is known, else at the whole. */
  look() {
    const { at } = this.state.view;
    const points = (this.places ?? []).filter((place) => place.point).map(({ point: [x, y] }) => [y, x]);
    if (at) this.map.setView([at.latitude, at.longitude], at.zoom, { animate: false });
    else if (points.length > 1) this.map.fitBounds(points, { padding: [48, 48], maxZoom: 8, animate: false });
    else this.map.setView([25, 40], 2.5, { animate: false });
  }
}

function say(text) {
  byId("said").textContent = text;
}

function makeRoom() {
  byId("filter-box").open = WIDE.matches;
}

WIDE.addEventListener("change", makeRoom);
makeRoom();
const page = new Page(await makeMap(byId("map"), new URL("outlines.geojson", import.meta.url)));
await page.load("start", () => page.start());
document.body.dataset.ready = "true";
