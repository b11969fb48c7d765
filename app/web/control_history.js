/** Control history: the periods through which a place was held, with the event that began each. */

import { formatHalfOpenInterval } from "./dates.js";
import { el, jsonLink, setChildren, textButton } from "./dom.js";
import { controlStateLabel } from "./labels.js";
import { swatch } from "./symbology.js";

/**
 * Render a place's control history.
 * @param {HTMLElement} element
 * @param {{name: string, controlPeriods: object[], url: string, day: string, holderColours: HolderColours}} content
 *   `day` is highlighted
 * @param {{onSelectEvent: function(string): void, onFilterPlace: function(): void}} listeners
 */
export function renderControlHistory(
  element,
  { name, controlPeriods, url, day, holderColours },
  { onSelectEvent, onFilterPlace },
) {
  setChildren(
    element,
    el("h2", { tabindex: "-1", id: "detail-title" }, `${name}: who held it`),
    el(
      "ol",
      { class: "control-periods" },
      controlPeriods.map((period) => periodRow(period, day, holderColours, onSelectEvent)),
    ),
    el(
      "p",
      { class: "source-links" },
      "Behind this: ",
      jsonLink(url, "timeline"),
      textButton(`Only ${name}`, onFilterPlace),
    ),
  );
}

function periodRow(period, day, holderColours, onSelectEvent) {
  const { from, until, holder, state, basis, change } = period;
  const includesDay = (!from || from <= day) && (!until || day < until);
  return el(
    "li",
    { class: includesDay ? "current" : null },
    swatch(`${holderColours.classFor(holder?.id)} control-${state}`),
    el(
      "div",
      {},
      el("p", { class: "title" }, holder?.name ?? "nobody known"),
      el("p", { class: "meta" }, formatHalfOpenInterval(period)),
      el("p", { class: "meta" }, [controlStateLabel(state), basis].filter(Boolean).join(" · ")),
      change ? textButton(change.name, () => onSelectEvent(change.id)) : null,
    ),
  );
}
