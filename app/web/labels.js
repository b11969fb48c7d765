/** Labels: the API's codes and quantities as English text. */

const CONTROL_STATE_LABELS = {
  held: "held",
  uncertain: "uncertain: a change falls in these days",
  contested: "contested: in part, or around it",
  disputed: "disputed: asserted and denied",
  unconfirmed: "unconfirmed: others may hold it",
  unknown: "unknown: no source tells of these days",
};
const CONTROL_BASIS_LABELS = {
  stated: "a source says so",
  inferred: "inferred from who lost it later",
  carried: "carried on after the last day that was looked at",
  carried_back: "carried back to the days before those that are covered",
};

/** Return the label of a code: "control change" for `control_change`. */
export function codeLabel(code) {
  return (code ?? "unknown").replaceAll("_", " ");
}

/** Return the label of a control state, with its meaning. */
export function controlStateLabel(controlState) {
  return CONTROL_STATE_LABELS[controlState] ?? codeLabel(controlState);
}

/** Return what a control state rests on, in words. */
export function controlBasisLabel(basis) {
  return CONTROL_BASIS_LABELS[basis] ?? codeLabel(basis);
}

/**
 * Return who holds a place; on a day without a sure holder, who held it last.
 * @param {?string} holderName
 * @param {?string} lastHolderName
 */
export function holderLabel(holderName, lastHolderName) {
  return holderName ?? (lastHolderName ? `last held by ${lastHolderName}` : "nobody known");
}

/** Format a whole number with thousands separators. */
export function formatNumber(number) {
  return number.toLocaleString("en");
}

/**
 * Format a quantity: a number where its bounds are equal, else its best value and its bounds; empty if nothing is
 * known.
 * @param {{low: ?number, best: ?number, high: ?number}} quantity
 */
export function formatQuantity({ low, best, high }) {
  if (low !== null && low === high) return formatNumber(low);
  const bounds = formatBounds(low, high);
  if (best === null) return bounds;
  return `about ${formatNumber(best)}${bounds ? ` (${bounds})` : ""}`;
}

/** Format a range or an open-ended bound. A low of 0 bounds nothing: no number of people is less. */
function formatBounds(low, high) {
  if (low && high !== null) return `${formatNumber(low)}–${formatNumber(high)}`;
  if (low) return `at least ${formatNumber(low)}`;
  return high !== null ? `up to ${formatNumber(high)}` : "";
}

/**
 * Format a published figure: its quantity, its denominator, and whether its claims contradict each other.
 * @param {{low: ?number, best: ?number, high: ?number, of: ?number, contradicted: boolean}} figure
 */
export function formatFigure({ of: denominator, contradicted, ...quantity }) {
  const text = formatQuantity(quantity);
  const total = text && denominator ? `${text} of ${formatNumber(denominator)}` : text;
  return contradicted ? `${total || "number unknown"}, contradicted` : total;
}

/**
 * Format counts by category: "3 clash, 1 movement".
 * @param {Map<string, number>} counts
 */
export function formatCategoryCounts(counts) {
  return [...counts].map(([category, count]) => `${count} ${codeLabel(category)}`).join(", ");
}
