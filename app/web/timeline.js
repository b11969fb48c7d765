/** Bars above the days: what is dated to one day by category, and what is not as the range in which it lies. */

import { CATEGORIES, words } from "./symbology.js";
import { DAY_MS, inWords, long, short, toDay, toNumber } from "./dates.js";
import { s, show } from "./dom.js";

const THUMB_PX = 18; // the slider's handle: its middle never comes nearer to an end than half of this
const BARS_PX = 58;
const LANE_PX = 6;
const MOST_LANES = 14;
const WIDEST_BAR_PX = 34;
const NARROWEST_PX = 80;
const ROOM_FOR_LANES_PX = 480; // on a phone the bars stay on the screen: ranges are only counted there

/**
 * What falls where: for each bucket its categories' counts, and for each range of days how many events lie in it.
 * @param {Array<{category, date}>} events
 */
export function tally(events, first, last) {
  const bars = new Map();
  const ranges = new Map();
  let undated = 0;
  for (const { category, date } of events) {
    if (!date.earliest && !date.latest) undated++;
    else if (date.earliest === date.latest) add(bars, date.earliest, category);
    else {
      const key = `${date.earliest ?? ""}/${date.latest ?? ""}`;
      const found = ranges.get(key) ?? { ...date, count: 0, categories: new Map() };
      found.count++;
      found.categories.set(category, (found.categories.get(category) ?? 0) + 1);
      ranges.set(key, found);
    }
  }
  const seen = [...ranges.values()].filter(
    (range) => (range.earliest ?? first) <= last && (range.latest ?? last) >= first,
  );
  return {
    bars,
    ranges: seen.sort((a, b) => (a.earliest ?? "").localeCompare(b.earliest ?? "") || b.count - a.count),
    undated,
  };
}

function add(bars, bucket, category, count = 1) {
  if (!bars.has(bucket)) bars.set(bucket, new Map());
  const bar = bars.get(bucket);
  bar.set(category, (bar.get(category) ?? 0) + count);
}

/** The same from counts by month or day, one list for each category. */
export function tallyOfCounts(lists) {
  const bars = new Map();
  let fuzzy = 0;
  for (const [category, items] of lists) {
    for (const { group, count } of items) {
      if (group === null) fuzzy += count;
      else add(bars, group, category, count);
    }
  }
  return { bars, ranges: [], undated: 0, fuzzy };
}

/** Draws into an SVG, as wide as it is, with its days where the sliders have them. */
export class Timeline {
  constructor(svg, note) {
    this.svg = svg;
    this.note = note;
    this.first = this.last = null;
    this.found = null;
    this.day = this.known = null;
    new ResizeObserver(() => this.draw()).observe(svg.parentElement);
  }

  /** @param {{bars: Map, ranges: Array, undated: number, fuzzy?: number}} found */
  show(first, last, found) {
    [this.first, this.last, this.found] = [first, last, found];
    this.draw();
  }

  mark(day, known) {
    [this.day, this.known] = [day, known];
    this.drawMarks();
  }

  x(day) {
    const [first, last] = [toNumber(this.first), toNumber(this.last)];
    const share = last === first ? 0.5 : (toNumber(day) - first) / (last - first);
    return THUMB_PX / 2 + share * (this.width - THUMB_PX);
  }

  draw() {
    if (!this.found) return;
    this.width = this.svg.parentElement.clientWidth;
    if (this.width < NARROWEST_PX) return; // not laid out yet
    const lanes = this.laid();
    const height = BARS_PX + lanes.length * LANE_PX + 20;
    for (const [name, value] of [
      ["viewBox", `0 0 ${this.width} ${height}`],
      ["width", this.width],
      ["height", height],
    ])
      this.svg.setAttribute(name, value);
    this.marks = s("g", {});
    show(
      this.svg,
      this.ground(),
      this.drawnBars(),
      lanes.map((lane, at) => lane.map((range) => this.drawnRange(range, at))),
      this.axis(height),
      this.marks,
    );
    this.say(lanes);
    this.drawMarks();
  }

  /** Ranges in lanes in which none overlaps another. */
  laid() {
    const lanes = [];
    if (this.width < ROOM_FOR_LANES_PX) return lanes;
    for (const range of this.found.ranges) {
      const [from, to] = this.ends(range);
      const lane = lanes.find((placed) => placed.every((other) => other.to < from - 2 || other.from > to + 2));
      if (lane) lane.push({ ...range, from, to });
      else if (lanes.length < MOST_LANES) lanes.push([{ ...range, from, to }]);
    }
    return lanes;
  }

  ends({ earliest, latest }) {
    const [from, to] = [
      earliest && earliest > this.first ? earliest : this.first,
      latest && latest < this.last ? latest : this.last,
    ];
    return [this.x(from) - 4, this.x(to) + 4];
  }

  ground() {
    return s("line", { x1: 0, x2: this.width, y1: BARS_PX + 0.5, y2: BARS_PX + 0.5, class: "base" });
  }

  drawnBars() {
    const inside = [...this.found.bars]
      .map(([bucket, bar]) => ({ bucket, bar, ...this.reach(bucket) }))
      .filter(({ from, to }) => from <= this.last && to >= this.first);
    const sum = (bar) => [...bar.values()].reduce((a, b) => a + b, 0);
    const most = Math.max(1, ...inside.map(({ bar }) => sum(bar)));
    const unit = Math.min(13, (BARS_PX - 12) / most);
    return inside.map(({ bucket, bar, from, to }) => {
      const wide = from === to ? Math.min(WIDEST_BAR_PX, this.step() * 0.6) : Math.max(1, this.x(to) - this.x(from));
      const middle = from === to ? this.x(from) : (this.x(from) + this.x(to)) / 2;
      let top = BARS_PX;
      const parts = CATEGORIES.filter((category) => bar.has(category)).map((category) => {
        top -= bar.get(category) * unit;
        return s("rect", {
          x: middle - wide / 2,
          y: top,
          width: wide,
          height: Math.max(0.5, bar.get(category) * unit - (unit > 4 ? 1 : 0)),
          class: `bar c-${category}`,
        });
      });
      const text = [...bar].map(([category, count]) => `${count} ${words(category)}`).join(", ");
      const number =
        this.step() > 22 && from === to
          ? s("text", { x: middle, y: top - 3, class: "number", "text-anchor": "middle" }, String(sum(bar)))
          : null;
      return s("g", {}, s("title", {}, `${bucket}: ${text}`), parts, number);
    });
  }

  /** The days of a bucket, which is a day or a month. */
  reach(bucket) {
    if (bucket.length === 10) return { from: bucket, to: bucket };
    const [year, month] = bucket.split("-").map(Number);
    return { from: `${bucket}-01`, to: toDay(Date.UTC(year, month, 0) / DAY_MS) };
  }

  step() {
    return (this.width - THUMB_PX) / Math.max(1, toNumber(this.last) - toNumber(this.first));
  }

  drawnRange(range, lane) {
    const y = BARS_PX + 4 + lane * LANE_PX;
    const text = [...range.categories].map(([category, count]) => `${count} ${words(category)}`).join(", ");
    const main = [...range.categories].sort(([, a], [, b]) => b - a)[0][0];
    return s(
      "g",
      { class: `range c-${main}` },
      s("title", {}, `${inWords(range)}: ${text}`),
      s("line", {
        x1: range.from,
        x2: range.to,
        y1: y,
        y2: y,
        class: `span${range.latest ? "" : " open"}`,
        "stroke-width": Math.min(5, 1.5 + Math.log2(range.count)),
      }),
    );
  }

  axis(height) {
    const days = toNumber(this.last) - toNumber(this.first);
    const room = Math.max(1, Math.floor(this.width / 92));
    const every = Math.max(1, Math.ceil(days / room));
    const ticks = [];
    for (let number = toNumber(this.first); number <= toNumber(this.last); number += every) ticks.push(toDay(number));
    return ticks.map((day, at) => {
      const anchor = at === 0 ? "start" : this.x(day) > this.width - 40 ? "end" : "middle";
      const x = at === 0 ? 0 : anchor === "end" ? this.width : this.x(day);
      return s(
        "g",
        {},
        s("line", { x1: this.x(day), x2: this.x(day), y1: BARS_PX, y2: BARS_PX + 4, class: "base" }),
        s(
          "text",
          { x, y: height - 5, class: "tick", "text-anchor": anchor },
          days > 400 ? day.slice(0, 4) : short(day),
        ),
      );
    });
  }

  drawMarks() {
    if (!this.marks) return;
    const parts = [];
    const height = Number(this.svg.getAttribute("height"));
    if (this.day)
      parts.push(s("line", { x1: this.x(this.day), x2: this.x(this.day), y1: 0, y2: height - 16, class: "today" }));
    if (this.known && this.known < this.last) {
      parts.push(
        s("rect", {
          x: this.x(this.known),
          y: 0,
          width: Math.max(0, this.width - this.x(this.known)),
          height: height - 16,
          class: "later",
        }),
      );
    }
    show(this.marks, parts);
  }

  /** The same in words, for those who do not see it. */
  say(lanes) {
    const drawn = lanes.flat().reduce((sum, range) => sum + range.count, 0);
    const all = this.found.ranges.reduce((sum, range) => sum + range.count, 0);
    const dated = [...this.found.bars.values()].reduce(
      (sum, bar) => sum + [...bar.values()].reduce((a, b) => a + b, 0),
      0,
    );
    const parts = [`${dated.toLocaleString("en")} events with a date of their own`];
    if (all)
      parts.push(`${all.toLocaleString("en")} within a range of days${all > drawn ? ` (${drawn} of them drawn)` : ""}`);
    if (this.found.fuzzy) parts.push(`${this.found.fuzzy.toLocaleString("en")} not known to lie within one bar`);
    if (this.found.undated) parts.push(`${this.found.undated.toLocaleString("en")} undated`);
    this.note.textContent = parts.join(" · ");
    this.svg.setAttribute("aria-label", `Events from ${long(this.first)} to ${long(this.last)}: ${parts.join(", ")}`);
  }
}
