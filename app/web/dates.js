/** ISO dates (`YYYY-MM-DD`) as the API writes them. All arithmetic is in UTC, so that no time zone shifts a day. */

const DAY_MS = 86_400_000;
const LONG = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" });

/** Convert an ISO date to its day number: days since 1970-01-01, the unit of the sliders. */
export function toDayNumber(day) {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

/** Convert a day number to an ISO date. */
export function fromDayNumber(dayNumber) {
  return new Date(dayNumber * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Return the last day of a month.
 * @param {string} month as `YYYY-MM`
 */
export function endOfMonth(month) {
  const [year, number] = month.split("-").map(Number);
  return fromDayNumber(Date.UTC(year, number, 0) / DAY_MS);
}

/** Test whether a text is an existing calendar date; `Date.parse` alone would accept 31 February. */
export function isIsoDate(text) {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && fromDayNumber(toDayNumber(text)) === text
  );
}

/** Format a day with its year: "29 June 2021". */
export function formatLongDate(day) {
  return LONG.format(toDayNumber(day) * DAY_MS);
}

/** Format a day without its year: "29 Jun". */
export function formatShortDate(day) {
  return SHORT.format(toDayNumber(day) * DAY_MS);
}

/** Format the weekday of a day: "Tuesday". */
export function formatWeekday(day) {
  return WEEKDAY.format(toDayNumber(day) * DAY_MS);
}

/**
 * Format an event date with its precision. A `span` lasted throughout; a `range` is one moment in between.
 * @param {{earliest: ?string, latest: ?string, precision: string}} date
 */
export function formatEventDate({ earliest, latest, precision }) {
  if (!earliest && !latest) return "date unknown";
  if (earliest === latest) return formatLongDate(earliest);
  if (!latest) return `${formatLongDate(earliest)} or later`;
  if (!earliest)
    return precision === "span" ? `until ${formatLongDate(latest)}` : `${formatLongDate(latest)} or earlier`;
  const sameYear = earliest.slice(0, 4) === latest.slice(0, 4);
  const first = sameYear ? formatShortDate(earliest) : formatLongDate(earliest);
  const last = formatLongDate(latest);
  return precision === "span" ? `${first} to ${last}` : `between ${first} and ${last}`;
}

/**
 * Format a half-open interval, as the API gives control periods: `until` is the first day after it.
 * @param {{from: ?string, until: ?string}} interval either end may be open
 */
export function formatHalfOpenInterval({ from, until }) {
  const last = until && fromDayNumber(toDayNumber(until) - 1);
  if (from && from === last) return formatLongDate(from);
  if (!from) return last ? `until ${formatLongDate(last)}` : "all the time";
  return last ? `${formatLongDate(from)} – ${formatLongDate(last)}` : `since ${formatLongDate(from)}`;
}

/**
 * Test whether an event certainly happened or went on that day. A range of days makes it only possible; of a span with
 * an open end only the known day counts.
 */
export function isCertainlyOn({ earliest, latest, precision }, day) {
  if (precision !== "span") return earliest === day && latest === day;
  return (earliest ?? latest) <= day && day <= (latest ?? earliest);
}

/** Replace the ISO dates and intervals of a text, as the API writes them, by dates that are easier to read. */
export function formatDatesIn(text) {
  const date = String.raw`\d{4}-\d{2}-\d{2}`;
  return text
    .replaceAll(new RegExp(`(${date}|\\.\\.)/(${date}|\\.\\.)`, "g"), (_, ...ends) => {
      const [earliest, latest] = ends.slice(0, 2).map((end) => (end === ".." ? null : end));
      return formatEventDate({ earliest, latest, precision: "range" });
    })
    .replaceAll(new RegExp(date, "g"), formatLongDate);
}
