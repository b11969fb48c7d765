/** Days as `YYYY-MM-DD`, which is how the API writes them; whole days of UTC, so that no zone moves one. */

export const DAY_MS = 86_400_000;
const LONG = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" });

/** Days since 1970. */
export function toNumber(day) {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

export function toDay(number) {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

export function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && toDay(toNumber(text)) === text;
}

export function long(day) {
  return LONG.format(toNumber(day) * DAY_MS);
}

export function short(day) {
  return SHORT.format(toNumber(day) * DAY_MS);
}

export function weekday(day) {
  return WEEKDAY.format(toNumber(day) * DAY_MS);
}

/**
 * What is known of when it happened, in words. `span` lasted throughout, `range` is one moment in between.
 * @param {{earliest: ?string, latest: ?string, precision: string}} date
 */
export function inWords({ earliest, latest, precision }) {
  if (!earliest && !latest) return "date unknown";
  if (earliest === latest) return long(earliest);
  if (!latest) return `${long(earliest)} or later`;
  if (!earliest) return precision === "span" ? `until ${long(latest)}` : `${long(latest)} or earlier`;
  const [first, last] = [earliest.slice(0, 4) === latest.slice(0, 4) ? short(earliest) : long(earliest), long(latest)];
  return precision === "span" ? `${first} to ${last}` : `between ${first} and ${last}`;
}

/** Days from one to another, which is not among them; either end may be open. */
export function stretch({ from, until }) {
  const last = until && toDay(toNumber(until) - 1);
  if (from && from === last) return long(from);
  if (!from) return last ? `until ${long(last)}` : "all the time";
  return last ? `${long(from)} – ${long(last)}` : `since ${long(from)}`;
}

/** Whether it certainly was on this day, or went on then: not merely possible. */
export function certainlyOn({ earliest, latest, precision }, day) {
  if (earliest && earliest === latest) return earliest === day;
  return precision === "span" && Boolean(earliest) && Boolean(latest) && earliest <= day && day <= latest;
}
