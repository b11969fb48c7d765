/** Queries: API requests for each part of the page, mapped to the rows that the parts render. */

import { apiUrl } from "./api_client.js";
import { endOfMonth, fromDayNumber, isCertainlyOn, toDayNumber } from "./dates.js";
import { histogramOfCounts, histogramOfEvents } from "./histogram.js";

export const MAX_SINGLE_EVENTS = 300; // more are shown as density cells
const MAX_HISTOGRAM_EVENTS = 500;
const MAX_ROWS = 1000;
const MAX_DAYS_WITH_DAY_BUCKETS = 92;
const MAX_CLAIMS_OF_SIDE = 3; // in full; a sum of parts may rest on dozens
const CONTROL_FIELDS = "location,holder,last_holder,state,candidates";
const EVENT_FIELDS = "id,title,category,date,location,location_precision,status";
const CELL_ZOOM_OFFSET = -1; // cells of 64 pixels, into which a number fits

/**
 * @typedef {object} EventQuery
 * @property {Object<string, string>} filters
 * @property {?string} knownBy
 * @property {string} datetime a day or an interval
 * @property {?string} day the day on which events are certain or only possible; null for an interval
 */

/** Fetch each part of the page. Filters and `known_by` go with every request, so that all parts agree. */
export class Queries {
  /** @param {ApiClient} client */
  constructor(client) {
    this.client = client;
    this.locationPoints = new Map();
    this.controlCache = new Map();
    this.denseQuery = null;
  }

  /** Fetch the packs and the periods that they cover. Short periods come first: curated packs before bulk data. */
  async fetchPacks() {
    const { items } = await this.client.get("packs", "v1/packs", { limit: 100 });
    const periods = items
      .filter((pack) => pack.coverage?.from && pack.coverage?.until)
      .map(({ id, title, coverage: { from, until } }) => ({ id, title, from, until }))
      .sort((a, b) => periodLength(a) - periodLength(b));
    return { packs: items, periods: periods.length ? periods : await this.fetchOverallPeriod() };
  }

  /** Fetch one period from the first to the last month with events, for packs that declare no coverage. */
  async fetchOverallPeriod() {
    const { items } = await this.client.get("timeline", "v1/stats", { group_by: "month" });
    const months = items.map((row) => row.group).filter(Boolean);
    if (!months.length) return [];
    return [{ id: "all", title: "All", from: `${months[0]}-01`, until: endOfMonth(months.at(-1)) }];
  }

  /** Fetch the histogram of a period: from events if they are few, which shows date ranges, too; else from counts. */
  async fetchHistogram(filters, knownBy, period) {
    const { from, until } = period;
    const params = { ...filters, known_by: knownBy, datetime: `${from}/${until}` };
    const events = await this.client.get("timeline", "v1/events", {
      ...params,
      fields: "id,category,date",
      limit: MAX_HISTOGRAM_EVENTS,
    });
    const histogram = events.next
      ? histogramOfCounts(await this.fetchCountsByCategory(params, period))
      : histogramOfEvents(events.items, from, until);
    return { ...histogram, undated: events.omitted?.undated ?? 0 };
  }

  async fetchCountsByCategory(params, period) {
    const { items } = await this.client.get("timeline", "v1/stats", { ...params, group_by: "category" });
    const bucket = periodLength(period) <= MAX_DAYS_WITH_DAY_BUCKETS ? "day" : "month";
    const counts = [];
    for (const { group: category } of items) {
      const byBucket = { ...params, category, group_by: bucket };
      counts.push([category, (await this.client.get(`timeline: ${category}`, "v1/stats", byBucket)).items]);
    }
    return counts;
  }

  /** Fetch control of places on a day, marking those that changed hands since the day before. */
  async fetchControl(day, knownBy, place) {
    const dayBefore = fromDayNumber(toDayNumber(day) - 1);
    const current = await this.fetchControlOn("control", day, knownBy, place);
    const before = await this.fetchControlOn("control-before", dayBefore, knownBy, place);
    const holders = new Map(before.places.map(({ id, lastHolder }) => [id, lastHolder]));
    const places = current.places.map((row) => ({
      ...row,
      changed: holders.has(row.id) && holders.get(row.id) !== row.lastHolder,
    }));
    return { places, truncated: current.truncated };
  }

  /** Fetch control on one day. The day before comes from memory, because a slider has usually just shown it. */
  async fetchControlOn(purpose, day, knownBy, place) {
    const params = { as_of: day, known_by: knownBy, place, f: "geojson", fields: CONTROL_FIELDS, limit: MAX_ROWS };
    const key = JSON.stringify(params);
    if (!this.controlCache.has(key) || purpose === "control") {
      const collection = await this.client.get(purpose, "v1/control", params);
      this.controlCache.set(key, { places: collection.features.map(toPlace), truncated: hasNextPage(collection) });
    }
    this.client.record(purpose, apiUrl("v1/control", params));
    return this.controlCache.get(key);
  }

  /**
   * Fetch all events of a query if they are few; else density cells, or the events of a sparse viewport.
   * @param {EventQuery} query
   * @param {{bbox: string, zoom: number}} viewport
   * @returns {Promise<{events: ?Array, cells: ?Array, count: ?number, omitted: object, complete: ?boolean}>} `complete`
   *   events do not depend on the viewport
   */
  async fetchEvents(query, viewport) {
    const params = eventParams(query);
    const key = JSON.stringify(params);
    if (this.denseQuery !== key) {
      const collection = await this.fetchEventFeatures(params);
      if (!hasNextPage(collection)) {
        this.client.discard("density");
        return { events: toEvents(collection, query.day), omitted: collection.omitted ?? {}, complete: true };
      }
      this.denseQuery = key; // panning need not try again
    }
    return this.fetchViewportEvents(params, query.day, viewport);
  }

  async fetchViewportEvents(params, day, { bbox, zoom }) {
    const cellZoom = Math.max(0, zoom + CELL_ZOOM_OFFSET);
    const density = await this.client.get("density", "v1/density", {
      ...params,
      bbox,
      zoom: cellZoom,
      limit: MAX_ROWS,
    });
    const count = density.items.reduce((sum, cell) => sum + cell.count, 0);
    const omitted = density.omitted ?? {};
    if (density.next || count > MAX_SINGLE_EVENTS) {
      this.client.discard("events");
      return { cells: density.items, count, omitted };
    }
    return { events: toEvents(await this.fetchEventFeatures({ ...params, bbox }), day), omitted };
  }

  fetchEventFeatures(params) {
    const presentation = { f: "geojson", fields: EVENT_FIELDS, limit: MAX_SINGLE_EVENTS };
    return this.client.get("events", "v1/events", { ...params, ...presentation });
  }

  /**
   * Fetch the movements of a query with the points of both ends. A movement without them cannot be drawn.
   * @param {EventQuery} query
   */
  async fetchMovements(query) {
    const presentation = { fields: "id,title,date,movement", limit: MAX_SINGLE_EVENTS };
    const { items } = await this.client.get("movements", "v1/movements", { ...eventParams(query), ...presentation });
    const routed = items.filter(({ movement }) => movement.from && movement.to);
    const locationIds = new Set(routed.flatMap(({ movement }) => [movement.from.id, movement.to.id]));
    const unknownIds = [...locationIds].filter((id) => !this.locationPoints.has(id));
    await Promise.all(unknownIds.map((id) => this.fetchLocationPoint(id)));
    return routed
      .map(({ id, title, date, movement: { from, to, outcome, count } }) => ({
        id,
        title,
        outcome,
        count,
        certain: query.day === null || isCertainlyOn(date, query.day),
        from: this.locationPoints.get(from.id),
        to: this.locationPoints.get(to.id),
      }))
      .filter(({ from, to }) => from && to);
  }

  async fetchLocationPoint(id) {
    const path = `v1/locations/${encodeURIComponent(id)}`;
    const fields = "id,longitude,latitude";
    const { longitude, latitude } = await this.client.get(`place ${id}`, path, { fields });
    this.locationPoints.set(id, longitude === null ? null : [longitude, latitude]);
  }

  /** Fetch an event with its claims, and the contradictions that it is part of with the first claims of their sides. */
  async fetchEvent(id, knownBy) {
    const event = await this.client.get("event", `v1/events/${encodeURIComponent(id)}`, { known_by: knownBy });
    const { items } = await this.client.get("contradictions", "v1/contradictions", {
      known_by: knownBy,
      place: event.location?.id,
      limit: MAX_ROWS,
    });
    const rows = items.filter((row) => row.events.some((ref) => ref.id === id)).map(withShownClaims);
    const claims = await this.fetchSideClaims(rows, event.claims, knownBy);
    const contradictions = rows.map((row) => ({
      ...row,
      sides: row.sides.map((side) => ({ ...side, claims: side.claims.map((ref) => claims.get(ref.id)) })),
    }));
    return { event, contradictions };
  }

  /** Fetch claims of contradictions that are not among the event's own: the other side may be another event's. */
  async fetchSideClaims(contradictions, eventClaims, knownBy) {
    const claims = new Map(eventClaims.map((claim) => [claim.id, claim]));
    const claimIds = contradictions.flatMap((row) => row.sides.flatMap((side) => side.claims.map((ref) => ref.id)));
    const missingIds = [...new Set(claimIds)].filter((id) => !claims.has(id));
    await Promise.all(
      missingIds.map(async (id) => {
        const path = `v1/claims/${encodeURIComponent(id)}`;
        claims.set(id, await this.client.get(`claim ${id}`, path, { known_by: knownBy }));
      }),
    );
    return claims;
  }

  /** Fetch a place's name and its control periods. */
  async fetchControlHistory(placeId, knownBy) {
    const path = `v1/locations/${encodeURIComponent(placeId)}`;
    const [{ name }, { items }] = await Promise.all([
      this.client.get("place name", path, { fields: "id,name" }),
      this.client.get("place", `${path}/control`, { known_by: knownBy, limit: 100 }),
    ]);
    return { name, controlPeriods: items };
  }
}

/** Shorten each side of a contradiction to the claims that are shown in full, with the number of the others. */
function withShownClaims(contradiction) {
  const sides = contradiction.sides.map(({ says, claims }) => ({
    says,
    claims: claims.slice(0, MAX_CLAIMS_OF_SIDE),
    moreClaims: Math.max(0, claims.length - MAX_CLAIMS_OF_SIDE),
  }));
  return { ...contradiction, sides };
}

function eventParams({ filters, knownBy, datetime }) {
  return { ...filters, known_by: knownBy, datetime };
}

function periodLength({ from, until }) {
  return toDayNumber(until) - toDayNumber(from);
}

function hasNextPage({ links }) {
  return links.some((link) => link.rel === "next");
}

function toPlace({ geometry, properties }) {
  return {
    id: properties.location_id,
    name: properties.location_name,
    point: geometry?.coordinates ?? null,
    holder: properties.holder_id,
    holderName: properties.holder_name,
    lastHolder: properties.last_holder_id,
    lastHolderName: properties.last_holder_name,
    controlState: properties.state,
    candidates: properties.candidates_id,
    candidateNames: properties.candidates_name,
  };
}

function toEvents({ features }, day) {
  return features.map(({ id, geometry, properties }) => {
    const date = {
      earliest: properties.date_earliest,
      latest: properties.date_latest,
      precision: properties.date_precision,
    };
    return {
      id,
      date,
      title: properties.title,
      category: properties.category,
      status: properties.status,
      point: geometry?.coordinates ?? null,
      placeName: properties.location_name,
      placeKind: properties.location_kind,
      precision: properties.location_precision,
      certain: day === null || isCertainlyOn(date, day),
    };
  });
}
