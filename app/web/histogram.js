/** Event histogram: counts by day or month and category, and the date ranges that fit no single bucket. */

import { endOfMonth } from "./dates.js";

/**
 * @typedef {object} Histogram
 * @property {Map<string, Map<string, number>>} bars bucket (`YYYY-MM-DD` or `YYYY-MM`) → category → count
 * @property {Array<{earliest: ?string, latest: ?string, precision, count: number, categories: Map}>} ranges
 * @property {number} undated events without any date
 * @property {number} [unbucketed] events whose date range exceeds a bucket, where ranges are unknown
 */

/**
 * Count events by day, and by date range where the day is unknown.
 * @param {Array<{category: string, date: object}>} events
 * @param {string} first first day of the histogram; ranges outside are dropped
 * @param {string} last
 * @returns {Histogram}
 */
export function histogramOfEvents(events, first, last) {
  const bars = new Map();
  const ranges = new Map();
  let undated = 0;
  for (const { category, date } of events) {
    if (!date.earliest && !date.latest) undated++;
    else if (date.earliest === date.latest) increment(bars, date.earliest, category);
    else {
      const key = `${date.earliest ?? ""}/${date.latest ?? ""}`;
      const range = ranges.get(key) ?? { ...date, count: 0, categories: new Map() };
      range.count++;
      range.categories.set(category, (range.categories.get(category) ?? 0) + 1);
      ranges.set(key, range);
    }
  }
  const inside = [...ranges.values()].filter(
    (range) => (range.earliest ?? first) <= last && (range.latest ?? last) >= first,
  );
  inside.sort((a, b) => (a.earliest ?? "").localeCompare(b.earliest ?? "") || b.count - a.count);
  return { bars, ranges: inside, undated };
}

/**
 * Combine the API's counts by day or month.
 * @param {Array<[string, Array<{group: ?string, count: number}>]>} countsByCategory
 * @returns {Histogram}
 */
export function histogramOfCounts(countsByCategory) {
  const bars = new Map();
  let unbucketed = 0;
  for (const [category, counts] of countsByCategory) {
    for (const { group, count } of counts) {
      if (group === null) unbucketed += count;
      else increment(bars, group, category, count);
    }
  }
  return { bars, ranges: [], undated: 0, unbucketed };
}

/** Sum the counts of a bar over its categories. */
export function barTotal(bar) {
  return [...bar.values()].reduce((sum, count) => sum + count, 0);
}

/** Return the first and last day of a bucket. */
export function bucketDays(bucket) {
  const isDay = bucket.length === "YYYY-MM-DD".length;
  return isDay ? { first: bucket, last: bucket } : { first: `${bucket}-01`, last: endOfMonth(bucket) };
}

function increment(bars, bucket, category, count = 1) {
  if (!bars.has(bucket)) bars.set(bucket, new Map());
  const bar = bars.get(bucket);
  bar.set(category, (bar.get(category) ?? 0) + count);
}
