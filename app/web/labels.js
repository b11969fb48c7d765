/** Labels: the API's codes and quantities as English text. */

const CONTROL_STATE_LABELS = {
  held: "held",
  uncertain: "uncertain: a change falls in these days",
  contested: "contested: in part, or around it",
  disputed: "disputed: asserted and denied",
  unconfirmed: "unconfirmed: others may hold it",
  unknown: "unknown",
};

/** Return the label of a code: "control change" for `control_change`. */
export function codeLabel(code) {
  return (code ?? "unknown").replaceAll("_", " ");
}

/** Return the label of a control state, with its meaning. */
export function controlStateLabel(controlState) {
  return CONTROL_STATE_LABELS[controlState] ?? codeLabel(controlState);
}

/** Format a whole number with thousands separators. */
export function formatNumber(number) {
  return number.toLocaleString("en");
}

/**
 * Format a quantity as a number, a range or an open-ended bound; empty if nothing is known.
 * @param {{low: ?number, best: ?number, high: ?number}} quantity
 */
export function formatQuantity({ low, best, high }) {
  if (best !== null) return formatNumber(best);
  if (low !== null && high !== null)
    return low === high ? formatNumber(low) : `${formatNumber(low)}–${formatNumber(high)}`;
  if (low !== null) return `at least ${formatNumber(low)}`;
  return high !== null ? `up to ${formatNumber(high)}` : "";
}

/**
 * Format counts by category: "3 clash, 1 movement".
 * @param {Map<string, number>} counts
 */
export function formatCategoryCounts(counts) {
  return [...counts].map(([category, count]) => `${count} ${codeLabel(category)}`).join(", ");
}
