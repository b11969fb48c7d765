/** Application: view state → requests → rendering, in this direction only. Controls and layers change the state. */

import { ApiClient } from "./api_client.js";
import { copyToClipboard } from "./clipboard.js";
import { ControlLayer } from "./control_layer.js";
import { formatLongDate } from "./dates.js";
import { byId, el, setChildren } from "./dom.js";
import { EventsLayer } from "./events_layer.js";
import { Filters } from "./filters.js";
import { controlStateLabel, formatNumber, holderLabel } from "./labels.js";
import { renderHolderKey, renderLegend } from "./legend.js";
import { Loader, Pace } from "./loader.js";
import { visibleBbox } from "./map.js";
import { MovementsLayer } from "./movements_layer.js";
import { renderControlList, renderEventList, renderOmitted, renderTooMany } from "./panel.js";
import { MAX_SINGLE_EVENTS, Queries } from "./queries.js";
import { renderRequestLog } from "./request_log.js";
import { Selection } from "./selection.js";
import { HolderColours } from "./symbology.js";
import { TimeControls } from "./time_controls.js";
import { Timeline } from "./timeline.js";
import { FILTER_PARAMS, ViewState } from "./view_state.js";

const PAN_DEBOUNCE_MS = 120;
const DEFAULT_VIEW = { centre: [25, 40], zoom: 2.5 };
const EVENT_VALUES = ["day", "knownBy", "allDays", "period", ...FILTER_PARAMS];

/** Load each part of the page again when a value that it depends on changes. */
export class App {
  /** @param {L.Map} map */
  constructor(map) {
    this.map = map;
    this.viewState = new ViewState();
    const client = new ApiClient();
    this.queries = new Queries(client);
    this.filters = new Filters(client, this.viewState);
    this.loader = new Loader((problem) => this.filters.showProblem(problem));
    this.pace = new Pace(
      (changed) => this.loadChanged(changed),
      (isBusy) => byId("map-section").setAttribute("aria-busy", String(isBusy)),
    );
    this.holderColours = new HolderColours();
    this.selection = new Selection(this.viewState, this.queries, this.holderColours);
    this.timeline = new Timeline(byId("histogram").firstElementChild, byId("histogram-caption"));
    this.controlLayer = new ControlLayer(map, this.holderColours, ({ id }) => this.selection.selectPlace(id));
    this.movementsLayer = new MovementsLayer(map);
    this.eventsLayer = new EventsLayer(map, (ids) => this.selectCluster(ids));
    this.clusterIds = null; // events of the selected cluster, while the list shows only these
    renderLegend(byId("legend-symbols"));
    renderRequestLog(client, { list: byId("request-list"), count: byId("request-count") }, announce);
    this.addListeners();
  }

  addListeners() {
    byId("copy-link").addEventListener("click", () => copyToClipboard(location.href, byId("copy-link"), announce));
    document.querySelector(".skip-link").addEventListener("click", (event) => {
      event.preventDefault(); // the fragment holds the view state
      byId("panel").focus();
    });
  }

  start() {
    return this.loader.load(
      "packs",
      () => this.queries.fetchPacks(),
      (loaded) => this.showFirstView(loaded),
    );
  }

  /** Show the first view. Events come last, because they depend on the viewport that fits the places. */
  async showFirstView({ packs, periods }) {
    if (!periods.length) {
      setChildren(byId("lists"), el("p", { class: "hint" }, "Nothing is loaded yet."));
      return;
    }
    this.timeControls = new TimeControls(this.viewState, periods);
    const citations = packs.map((pack) => el("span", {}, `${pack.citation} ${pack.licence}. `));
    setChildren(byId("citations"), citations);
    this.viewState.addEventListener("change", ({ detail }) => this.onChange(detail.changed, detail.fromUrl));
    await Promise.all([this.loadHistogram(), this.loadControl(), this.loadMovements(), this.loadSelection()]);
    this.fitView();
    await this.loadEvents();
    this.map.on("moveend", () => this.onMapMoved());
    this.selection.movesFocus = true;
  }

  // State → controls → requests

  onChange(changed, fromUrl) {
    const has = (...names) => names.some((name) => changed.has(name));
    this.renderControls(has, fromUrl);
    if (fromUrl && has("position")) this.fitView();
    if (has("selected")) this.loadSelection();
    if (has("period") && !fromUrl) changed.add("view");
    if (has(...EVENT_VALUES)) this.pace.add(changed);
  }

  async loadChanged(changed) {
    const has = (...names) => names.some((name) => changed.has(name));
    await Promise.all([
      has("knownBy", "period", ...FILTER_PARAMS) && this.loadHistogram(),
      has("day", "knownBy", "period", "place") && this.loadControl(),
      has("knownBy") && this.loadSelection(),
      this.loadEvents(),
      this.loadMovements(),
    ]);
    if (has("view")) this.fitView();
  }

  renderControls(has, fromUrl) {
    if (has("period") || fromUrl)
      this.timeControls.applyPeriod(); // a link may leave the day open
    else if (has("day", "knownBy", "allDays")) this.timeControls.render();
    this.renderMarks();
    if (has(...FILTER_PARAMS)) this.filters.render();
    if (has(...EVENT_VALUES)) this.clusterIds = null;
  }

  onMapMoved() {
    const { lat: latitude, lng: longitude } = this.map.getCenter();
    this.viewState.update({ position: { zoom: this.map.getZoom(), latitude, longitude } });
    clearTimeout(this.panTimeout);
    if (this.eventResult && !this.eventResult.complete)
      this.panTimeout = setTimeout(() => this.loadEvents(), PAN_DEBOUNCE_MS);
  }

  /** Open a single event, or list the events of a cluster. */
  selectCluster(ids) {
    if (ids.length === 1) {
      this.selection.select(ids[0]);
      return;
    }
    this.clusterIds = ids;
    this.selection.select(null);
    this.renderEvents();
    byId("events-title").scrollIntoView({ block: "start" });
  }

  // Requests

  loadHistogram() {
    const { period } = this.timeControls;
    return this.loader.load(
      "histogram",
      () => this.queries.fetchHistogram(this.viewState.filters(), this.viewState.values.knownBy, period),
      (histogram) => {
        this.timeline.setHistogram(period, histogram);
        this.renderMarks();
      },
    );
  }

  loadControl() {
    const { day, knownBy, place } = this.viewState.values;
    return this.loader.load(
      "control",
      () => this.queries.fetchControl(day, knownBy, place),
      (control) => this.renderControl(day, control),
    );
  }

  loadEvents() {
    const viewport = { bbox: visibleBbox(this.map), zoom: Math.round(this.map.getZoom()) };
    return this.loader.load(
      "events",
      () => this.queries.fetchEvents(this.eventQuery(), viewport),
      (result) => {
        this.eventResult = result;
        if (result.cells) this.eventsLayer.setCells(result.cells);
        else this.eventsLayer.setEvents(result.events);
        this.movementsLayer.setVisible(!result.cells);
        this.renderEvents();
      },
    );
  }

  /** Load movements apart from events: they are few, so they never depend on the viewport. */
  loadMovements() {
    return this.loader.load(
      "movements",
      () => this.queries.fetchMovements(this.eventQuery()),
      (movements) => this.movementsLayer.setMovements(movements),
    );
  }

  loadSelection() {
    this.eventsLayer.select(this.viewState.values.selected);
    this.selection.prepare();
    return this.loader.load(
      "selection",
      () => this.selection.fetch(),
      (content) => this.selection.render(content),
    );
  }

  /**
   * Build the query of the events in the view.
   * @returns {EventQuery}
   */
  eventQuery() {
    const { day, knownBy, allDays } = this.viewState.values;
    return {
      filters: this.viewState.filters(),
      knownBy,
      datetime: this.timeControls.datetime(),
      day: allDays ? null : day,
    };
  }

  // Rendering

  renderMarks() {
    const { allDays, day, knownBy } = this.viewState.values;
    this.timeline.setMarks(allDays ? null : day, knownBy);
  }

  renderControl(day, { places, truncated }) {
    this.holderColours.assign(places.flatMap((place) => place.candidates));
    this.places = places;
    this.controlLayer.setPlaces(places);
    renderHolderKey(byId("holder-key"), places, this.holderColours);
    const onSelect = ({ id }) => this.selection.selectPlace(id);
    renderControlList(byId("control-list"), places, { holderColours: this.holderColours, truncated, onSelect });
    const changes = places.filter((place) => place.changed).map(describeControl);
    announce([formatLongDate(day), ...changes].join(". "));
  }

  renderEvents() {
    const { events, cells } = this.eventResult;
    const count = events ? events.length : this.eventResult.count;
    byId("events-title").replaceChildren("What happened ", el("span", { class: "count" }, formatNumber(count)));
    renderOmitted(byId("omitted"), this.eventResult);
    const list = byId("event-list");
    if (cells) {
      renderTooMany(list, count, MAX_SINGLE_EVENTS, () => this.map.zoomIn(2));
      return;
    }
    const { allDays, selected } = this.viewState.values;
    const view = { allDays, selectedId: selected, clusterIds: this.clusterIds };
    renderEventList(list, events, view, {
      onSelect: (id) => this.selection.select(id),
      onShowAll: () => {
        this.clusterIds = null;
        this.renderEvents();
      },
    });
  }

  /** Fit the map to the link's position, else to the places with control, else to the default view. */
  fitView() {
    const { position } = this.viewState.values;
    const latLngs = (this.places ?? [])
      .filter((place) => place.point)
      .map(({ point: [longitude, latitude] }) => [latitude, longitude]);
    if (position) {
      this.map.setView([position.latitude, position.longitude], position.zoom, { animate: false });
    } else if (latLngs.length > 1) {
      this.map.fitBounds(latLngs, { padding: [48, 48], maxZoom: 8, animate: false });
    } else {
      this.map.setView(DEFAULT_VIEW.centre, DEFAULT_VIEW.zoom, { animate: false });
    }
  }
}

function describeControl({ name, holderName, lastHolderName, controlState }) {
  return `${name}: ${holderLabel(holderName, lastHolderName)}, ${controlStateLabel(controlState)}`;
}

/** Announce a change to screen readers; the live region is invisible. */
function announce(text) {
  setChildren(byId("announcements"), text);
}
