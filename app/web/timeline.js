/** Timeline chart: the histogram of the period above the sliders, on the same horizontal scale. */

import { formatEventDate, formatLongDate, formatShortDate, fromDayNumber, toDayNumber } from "./dates.js";
import { setChildren, svgEl } from "./dom.js";
import { barTotal, bucketDays } from "./histogram.js";
import { formatCategoryCounts, formatNumber } from "./labels.js";
import { CATEGORIES } from "./symbology.js";

const SLIDER_THUMB_PX = 18; // its centre stays half of this away from the ends, and so must the first and last day
const BAR_AREA_PX = 58;
const BAR_LABEL_PX = 12;
const AXIS_PX = 20;
const MAX_COUNT_UNIT_PX = 13;
const MAX_BAR_WIDTH_PX = 34;
const MIN_DAY_WIDTH_FOR_COUNTS_PX = 22;
const LANE_PX = 6;
const MAX_LANES = 14;
const RANGE_OVERHANG_PX = 4;
const LANE_GAP_PX = 2;
const TICK_SPACING_PX = 92;
const MAX_DAYS_WITH_DAY_TICKS = 400;
const MIN_WIDTH_PX = 80; // below, the page is not laid out yet
const MIN_WIDTH_FOR_LANES_PX = 480; // a phone keeps the chart on screen, so ranges are only counted there

/** Draw the histogram and the selected dates into an SVG, and again whenever its container is resized. */
export class Timeline {
  /**
   * @param {SVGElement} svg
   * @param {HTMLElement} caption
   */
  constructor(svg, caption) {
    this.svg = svg;
    this.caption = caption;
    this.firstDay = this.lastDay = null;
    this.histogram = null;
    this.day = this.knownBy = null;
    new ResizeObserver(() => this.redraw()).observe(svg.parentElement);
  }

  /**
   * Replace the histogram.
   * @param {{from: string, until: string}} period
   * @param {Histogram} histogram
   */
  setHistogram({ from, until }, histogram) {
    [this.firstDay, this.lastDay, this.histogram] = [from, until, histogram];
    this.redraw();
  }

  /** Mark the selected day and the known-by date; null removes a mark. */
  setMarks(day, knownBy) {
    [this.day, this.knownBy] = [day, knownBy];
    this.drawMarks();
  }

  redraw() {
    if (!this.histogram) return;
    this.width = this.svg.parentElement.clientWidth;
    if (this.width < MIN_WIDTH_PX) return;
    const lanes = this.assignLanes();
    this.height = BAR_AREA_PX + lanes.length * LANE_PX + AXIS_PX;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("width", this.width);
    this.svg.setAttribute("height", this.height);
    this.marks = svgEl("g", {});
    setChildren(
      this.svg,
      line("axis-line", 0, this.width, BAR_AREA_PX + 0.5),
      this.bars(),
      lanes.map((lane, index) => lane.map((range) => rangeLine(range, index))),
      this.ticks(),
      this.marks,
    );
    this.describe(lanes);
    this.drawMarks();
  }

  x(day) {
    const [first, last] = [toDayNumber(this.firstDay), toDayNumber(this.lastDay)];
    const fraction = last === first ? 0.5 : (toDayNumber(day) - first) / (last - first);
    return SLIDER_THUMB_PX / 2 + fraction * (this.width - SLIDER_THUMB_PX);
  }

  /** Return the width of one day in pixels. */
  dayWidth() {
    return (this.width - SLIDER_THUMB_PX) / Math.max(1, toDayNumber(this.lastDay) - toDayNumber(this.firstDay));
  }

  /** Assign each date range to the first lane where it overlaps no other; those beyond the last lane are counted. */
  assignLanes() {
    const lanes = [];
    if (this.width < MIN_WIDTH_FOR_LANES_PX) return lanes;
    for (const range of this.histogram.ranges) {
      const placed = { ...range, ...this.rangeEnds(range) };
      const isFree = (other) => other.end < placed.start - LANE_GAP_PX || other.start > placed.end + LANE_GAP_PX;
      const lane = lanes.find((candidate) => candidate.every(isFree));
      if (lane) lane.push(placed);
      else if (lanes.length < MAX_LANES) lanes.push([placed]);
    }
    return lanes;
  }

  rangeEnds({ earliest, latest }) {
    const first = earliest && earliest > this.firstDay ? earliest : this.firstDay;
    const last = latest && latest < this.lastDay ? latest : this.lastDay;
    return { start: this.x(first) - RANGE_OVERHANG_PX, end: this.x(last) + RANGE_OVERHANG_PX };
  }

  bars() {
    const visible = [...this.histogram.bars]
      .map(([bucket, bar]) => ({ bucket, bar, ...bucketDays(bucket) }))
      .filter(({ first, last }) => first <= this.lastDay && last >= this.firstDay);
    const maxTotal = Math.max(1, ...visible.map(({ bar }) => barTotal(bar)));
    const unit = Math.min(MAX_COUNT_UNIT_PX, (BAR_AREA_PX - BAR_LABEL_PX) / maxTotal);
    return visible.map((entry) => this.bar(entry, unit));
  }

  /** Create a stacked bar. A day's bar is centred on its slider position; a month's fills the month. */
  bar({ bucket, bar, first, last }, unit) {
    const isDay = first === last;
    const [left, right] = [this.x(first), this.x(last)];
    const width = isDay ? Math.min(MAX_BAR_WIDTH_PX, this.dayWidth() * 0.6) : Math.max(1, right - left);
    const centre = (left + right) / 2;
    const gap = unit > 4 ? 1 : 0; // thinner segments would vanish behind gaps
    let y = BAR_AREA_PX;
    const segments = CATEGORIES.filter((category) => bar.has(category)).map((category) => {
      const height = bar.get(category) * unit;
      y -= height;
      return svgEl("rect", {
        x: centre - width / 2,
        y,
        width,
        height: Math.max(0.5, height - gap),
        class: `bar category-${category}`,
      });
    });
    const showsCount = isDay && this.dayWidth() > MIN_DAY_WIDTH_FOR_COUNTS_PX;
    return svgEl(
      "g",
      {},
      svgEl("title", {}, `${bucket}: ${formatCategoryCounts(bar)}`),
      segments,
      showsCount ? text("bar-count", centre, y - 3, "middle", String(barTotal(bar))) : null,
    );
  }

  ticks() {
    const [first, last] = [toDayNumber(this.firstDay), toDayNumber(this.lastDay)];
    const maxTicks = Math.max(1, Math.floor(this.width / TICK_SPACING_PX));
    const interval = Math.max(1, Math.ceil((last - first) / maxTicks));
    const showsYears = last - first > MAX_DAYS_WITH_DAY_TICKS;
    const ticks = [];
    for (let dayNumber = first; dayNumber <= last; dayNumber += interval) {
      const day = fromDayNumber(dayNumber);
      ticks.push(this.tick(day, showsYears ? day.slice(0, 4) : formatShortDate(day)));
    }
    return ticks;
  }

  tick(day, label) {
    const x = this.x(day);
    const isFirst = day === this.firstDay;
    const isLast = !isFirst && x > this.width - 40;
    const anchor = isFirst ? "start" : isLast ? "end" : "middle";
    const labelX = isFirst ? 0 : isLast ? this.width : x;
    return svgEl(
      "g",
      {},
      svgEl("line", { x1: x, x2: x, y1: BAR_AREA_PX, y2: BAR_AREA_PX + 4, class: "axis-line" }),
      text("tick-label", labelX, this.height - 5, anchor, label),
    );
  }

  /** Draw the marks apart from the chart, because a slider moves them many times a second. */
  drawMarks() {
    if (!this.marks) return;
    const height = this.height - 16;
    const parts = [];
    if (this.day) {
      const x = this.x(this.day);
      parts.push(svgEl("line", { x1: x, x2: x, y1: 0, y2: height, class: "day-mark" }));
    }
    if (this.knownBy && this.knownBy < this.lastDay) {
      const x = this.x(this.knownBy);
      const width = Math.max(0, this.width - x);
      parts.push(svgEl("rect", { x, y: 0, width, height, class: "known-by-mask" }));
    }
    setChildren(this.marks, parts);
  }

  /** Describe the chart as text, for screen readers and for what a small chart leaves out. */
  describe(lanes) {
    const { bars, ranges, undated, unbucketed } = this.histogram;
    const dated = [...bars.values()].reduce((sum, bar) => sum + barTotal(bar), 0);
    const ranged = totalCount(ranges);
    const drawn = totalCount(lanes.flat());
    const parts = [`${formatNumber(dated)} events with a date of their own`];
    if (ranged)
      parts.push(`${formatNumber(ranged)} within a range of days${ranged > drawn ? ` (${drawn} of them drawn)` : ""}`);
    if (unbucketed) parts.push(`${formatNumber(unbucketed)} not known to lie within one bar`);
    if (undated) parts.push(`${formatNumber(undated)} undated`);
    this.caption.textContent = parts.join(" · ");
    const interval = `${formatLongDate(this.firstDay)} to ${formatLongDate(this.lastDay)}`;
    this.svg.setAttribute("aria-label", `Events from ${interval}: ${parts.join(", ")}`);
  }
}

function totalCount(ranges) {
  return ranges.reduce((sum, range) => sum + range.count, 0);
}

function line(className, x1, x2, y) {
  return svgEl("line", { x1, x2, y1: y, y2: y, class: className });
}

function text(className, x, y, anchor, content) {
  return svgEl("text", { x, y, class: className, "text-anchor": anchor }, content);
}

/** Create the line of a date range: its width grows with the count, its colour is the most frequent category's. */
function rangeLine(range, laneIndex) {
  const y = BAR_AREA_PX + 4 + laneIndex * LANE_PX;
  const [[mainCategory]] = [...range.categories].sort(([, a], [, b]) => b - a);
  return svgEl(
    "g",
    { class: `range category-${mainCategory}` },
    svgEl("title", {}, `${formatEventDate(range)}: ${formatCategoryCounts(range.categories)}`),
    svgEl("line", {
      x1: range.start,
      x2: range.end,
      y1: y,
      y2: y,
      class: `range-line${range.latest ? "" : " open-ended"}`,
      "stroke-width": Math.min(5, 1.5 + Math.log2(range.count)),
    }),
  );
}
