/** What the page needs to know, asked of the API, and brought into the shape in which it is shown. */

import { addressOf } from "./api_client.js";
import { certainlyOn, DAY_MS, toDay, toNumber } from "./dates.js";
import { tally, tallyOfCounts } from "./timeline.js";

export const FEW = 300; // events that are shown one by one
const MOST_BARS = 500;
const MOST_PLACES = 1000;
const LONGEST_BY_DAY = 92;
const FIELDS = "id,title,category,date,location,location_precision,status";

/** Asks for each part of a view. `known_by` and the filters go with every question. */
export class Questions {
  constructor(api) {
    this.api = api;
    this.places = new Map();
    this.controls = new Map();
  }

  /** The packs that are loaded, and the periods that they cover, shortest first: what is curated comes before bulk. */
  async packs() {
    const { items } = await this.api.get("packs", "v1/packs", { limit: 100 });
    const periods = items
      .filter((pack) => pack.coverage?.from && pack.coverage?.until)
      .map(({ id, title, coverage: { from, until } }) => ({ id, title, from, until }))
      .sort((a, b) => toNumber(a.until) - toNumber(a.from) - (toNumber(b.until) - toNumber(b.from)));
    return { all: items, periods: periods.length ? periods : await this.reach() };
  }

  /** One period from the first to the last day of what is there, for databases whose packs do not tell. */
  async reach() {
    const { items } = await this.api.get("timeline", "v1/stats", { group_by: "month" });
    const months = items.map((row) => row.group).filter(Boolean);
    if (!months.length) return [];
    const [year, month] = months.at(-1).split("-").map(Number);
    return [{ id: "all", title: "All", from: `${months[0]}-01`, until: toDay(Date.UTC(year, month, 0) / DAY_MS) }];
  }

  /** Bars and ranges of a period: from the events themselves if they are few, else from counts. */
  async bars(filters, known, { from, until }) {
    const asked = { ...filters, known_by: known, datetime: `${from}/${until}` };
    const found = await this.api.get("timeline", "v1/events", {
      ...asked,
      fields: "id,category,date",
      limit: MOST_BARS,
    });
    if (!found.next) return { ...tally(found.items, from, until), undated: found.omitted?.undated ?? 0 };
    const categories = (await this.api.get("timeline", "v1/stats", { ...asked, group_by: "category" })).items.map(
      (row) => row.group,
    );
    const bucket = toNumber(until) - toNumber(from) <= LONGEST_BY_DAY ? "day" : "month";
    const lists = [];
    for (const category of categories) {
      const counts = await this.api.get(`timeline: ${category}`, "v1/stats", { ...asked, category, group_by: bucket });
      lists.push([category, counts.items]);
    }
    return { ...tallyOfCounts(lists), undated: found.omitted?.undated ?? 0 };
  }

  /** Who holds what on a day, with what changed since the day before. */
  async control(day, known, place) {
    const [now, before] = [
      await this.controlOn("control", day, known, place),
      await this.controlOn("before", toDay(toNumber(day) - 1), known, place),
    ];
    const then = new Map(before.places.map((found) => [found.id, found]));
    const changed = ({ id, holder }) => then.has(id) && then.get(id).holder !== holder;
    return { places: now.places.map((found) => ({ ...found, changed: changed(found) })), more: now.more };
  }

  async controlOn(kind, day, known, place) {
    const asked = { as_of: day, known_by: known, place, f: "geojson", limit: MOST_PLACES };
    const key = JSON.stringify(asked);
    if (!this.controls.has(key) || kind === "control") {
      const { features, links } = await this.api.get(kind, "v1/control", asked);
      this.controls.set(key, { places: features.map(placeOf), more: links.some((link) => link.rel === "next") });
    }
    this.api.note(kind, addressOf("v1/control", asked));
    return this.controls.get(key);
  }

  /**
   * The events of a day, or of all days: all of them if they are few; else counts by cell of what is seen, and single
   * events once few are in view.
   * @returns {Promise<{events: ?Array, cells: ?Array, count: number, omitted: object}>}
   */
  async events(filters, known, days, day, { box, zoom }) {
    const asked = { ...filters, known_by: known, datetime: days };
    const key = JSON.stringify(asked);
    if (this.many !== key) {
      const found = await this.api.get("events", "v1/events", { ...asked, f: "geojson", fields: FIELDS, limit: FEW });
      if (!found.links.some((link) => link.rel === "next")) {
        this.api.forget("density");
        return {
          events: found.features.map((feature) => eventOf(feature, day)),
          omitted: found.omitted ?? {},
          whole: true,
        };
      }
      this.many = key;
    }
    const dense = await this.api.get("density", "v1/density", {
      ...asked,
      bbox: box,
      zoom: Math.max(0, zoom - 1), // cells of 64 pixels: a number fits into them
      limit: 1000,
    });
    const count = dense.items.reduce((sum, cell) => sum + cell.count, 0);
    if (dense.next || count > FEW) {
      this.api.forget("events");
      return { cells: dense.items, count, omitted: dense.omitted ?? {} };
    }
    const found = await this.api.get("events", "v1/events", {
      ...asked,
      bbox: box,
      f: "geojson",
      fields: FIELDS,
      limit: FEW,
    });
    return { events: found.features.map((feature) => eventOf(feature, day)), omitted: dense.omitted ?? {} };
  }

  /** The movements among the events of a view, with the points of both ends; places that have none are left out. */
  async arrows(filters, known, days, day) {
    const asked = { ...filters, known_by: known, datetime: days };
    const fields = "id,title,date,movement";
    const { items } = await this.api.get("movements", "v1/movements", { ...asked, fields, limit: FEW });
    const moving = items.filter(({ movement }) => movement.from && movement.to);
    const ids = new Set(moving.flatMap(({ movement }) => [movement.from.id, movement.to.id]));
    await Promise.all([...ids].filter((id) => !this.places.has(id)).map((id) => this.locate(id)));
    return moving
      .map(({ id, title, date, movement: { from, to, outcome, count } }) => ({
        id,
        title,
        outcome,
        count: count ?? { low: null, best: null, high: null },
        certain: day === null || certainlyOn(date, day),
        from: this.places.get(from.id),
        to: this.places.get(to.id),
      }))
      .filter(({ from, to }) => from && to);
  }

  /** Learn where a place lies. */
  async locate(id) {
    const path = `v1/locations/${encodeURIComponent(id)}`;
    const { longitude, latitude } = await this.api.get(`place ${id}`, path, { fields: "id,longitude,latitude" });
    this.places.set(id, longitude === null ? null : [longitude, latitude]);
  }

  /** An event with its claims, and the contradictions that it is part of with theirs. */
  async event(id, known) {
    const path = `v1/events/${encodeURIComponent(id)}`;
    const event = await this.api.get("event", path, { known_by: known });
    const torn = await this.api.get("contradictions", "v1/contradictions", {
      known_by: known,
      place: event.location?.id,
      limit: MOST_PLACES,
    });
    const claims = new Map(event.claims.map((claim) => [claim.id, claim]));
    const rows = torn.items.filter((row) => row.events.some((one) => one.id === id));
    const missing = [...new Set(rows.flatMap((row) => row.sides.flatMap((side) => side.claims)))].filter(
      (claim) => !claims.has(claim),
    );
    await Promise.all(
      missing.map(async (claim) => {
        claims.set(
          claim,
          await this.api.get(`claim ${claim}`, `v1/claims/${encodeURIComponent(claim)}`, { known_by: known }),
        );
      }),
    );
    const contradictions = rows.map((row) => ({
      row,
      sides: row.sides.map((side) => side.claims.map((claim) => claims.get(claim))),
    }));
    return { event, contradictions };
  }

  /** A place's name and the states that it went through. */
  async timelineOf(place, known) {
    const path = `v1/locations/${encodeURIComponent(place)}`;
    const [{ name }, { items }] = await Promise.all([
      this.api.get("place name", path, { fields: "id,name" }),
      this.api.get("place", `${path}/control`, { known_by: known, limit: 100 }),
    ]);
    return { name, items };
  }
}

function placeOf({ geometry, properties: row }) {
  return {
    id: row.location_id,
    name: row.location_name,
    point: geometry?.coordinates ?? null,
    holder: row.holder_id,
    holderName: row.holder_name,
    state: row.state,
    candidates: row.candidates_id,
    candidateNames: row.candidates_name,
    basis: row.basis,
  };
}

function eventOf({ id, geometry, properties: row }, day) {
  const date = { earliest: row.date_earliest, latest: row.date_latest, precision: row.date_precision };
  return {
    id,
    date,
    title: row.title,
    category: row.category,
    status: row.status,
    point: geometry?.coordinates ?? null,
    placeName: row.location_name,
    place: row.location_id,
    precision: row.location_precision,
    certain: day === null || certainlyOn(date, day),
  };
}
