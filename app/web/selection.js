/** Selection: the event or place whose details replace the lists. */

import { apiUrl } from "./api_client.js";
import { renderControlHistory } from "./control_history.js";
import { byId, setChildren } from "./dom.js";
import { renderEventDetail } from "./event_detail.js";

const PLACE_PREFIX = "place:"; // tells a place's id from an event's in the URL
const EVENT_PURPOSES = ["event", "contradictions"];
const PLACE_PURPOSES = ["place", "place name"];

/** Fetch and render the selected event or place. */
export class Selection {
  /**
   * @param {ViewState} viewState
   * @param {Queries} queries
   * @param {HolderColours} holderColours
   */
  constructor(viewState, queries, holderColours) {
    this.viewState = viewState;
    this.queries = queries;
    this.holderColours = holderColours;
    this.movesFocus = false; // not while the page loads, where nobody asked for it
    this.openId = null;
    byId("close-detail").addEventListener("click", () => this.select(null));
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && viewState.values.selected) this.select(null);
    });
  }

  /** Select an event; null returns to the lists. */
  select(eventId) {
    this.viewState.update({ selected: eventId }, { historyEntry: true });
  }

  /** Select a place. */
  selectPlace(placeId) {
    this.select(PLACE_PREFIX + placeId);
  }

  /** Prepare the panel before the request: its old content must not be taken for the new selection's. */
  prepare() {
    const { selected } = this.viewState.values;
    byId("detail-panel").hidden = !selected;
    byId("lists").hidden = Boolean(selected);
    const { client } = this.queries;
    if (!selected || this.placeId()) EVENT_PURPOSES.forEach((purpose) => client.discard(purpose));
    if (!this.placeId()) PLACE_PURPOSES.forEach((purpose) => client.discard(purpose));
    if (selected && this.openId !== selected) setChildren(byId("detail"));
    if (!selected && this.openId) byId("panel").focus({ preventScroll: true }); // the focused element is gone
    this.openId = selected;
  }

  /**
   * Fetch the details of the selection.
   * @returns {Promise<?function(): void>} renders them; null without a selection
   */
  async fetch() {
    const { selected, knownBy } = this.viewState.values;
    if (!selected) return null;
    const placeId = this.placeId();
    return placeId ? this.fetchPlace(placeId, knownBy) : this.fetchEvent(selected, knownBy);
  }

  /** Render fetched details and move the focus to their title, which tells screen readers of the change. */
  render(renderDetail) {
    if (!renderDetail) return;
    renderDetail();
    byId("panel").scrollTop = 0;
    if (this.movesFocus) byId("detail-title").focus();
    document.querySelector(".control-periods > .current")?.scrollIntoView({ block: "nearest" });
  }

  placeId() {
    const { selected } = this.viewState.values;
    return selected?.startsWith(PLACE_PREFIX) ? selected.slice(PLACE_PREFIX.length) : null;
  }

  async fetchEvent(id, knownBy) {
    const { event, contradictions } = await this.queries.fetchEvent(id, knownBy);
    const path = `v1/events/${encodeURIComponent(id)}`;
    const urls = {
      event: apiUrl(path, { known_by: knownBy }),
      claims: apiUrl(`${path}/claims`, { known_by: knownBy }),
      contradictions: apiUrl("v1/contradictions", { known_by: knownBy, place: event.location?.id }),
    };
    return () => renderEventDetail(byId("detail"), { event, contradictions, urls }, (otherId) => this.select(otherId));
  }

  async fetchPlace(id, knownBy) {
    const { name, controlPeriods } = await this.queries.fetchControlHistory(id, knownBy);
    this.holderColours.assign(controlPeriods.flatMap(actorIds));
    const url = apiUrl(`v1/locations/${encodeURIComponent(id)}/control`, { known_by: knownBy });
    return () =>
      renderControlHistory(
        byId("detail"),
        { name, controlPeriods, url, day: this.viewState.values.day, holderColours: this.holderColours },
        {
          onSelectEvent: (eventId) => this.select(eventId),
          onSelectPlace: (placeId) => this.selectPlace(placeId),
          onFilterPlace: () => this.viewState.update({ place: id, selected: null }, { historyEntry: true }),
        },
      );
  }
}

/** Return the ids of all actors that a control period names as holders. */
function actorIds({ candidates, last_holder: lastHolder, inside }) {
  return [...candidates, lastHolder, ...inside.map((row) => row.holder)].filter(Boolean).map((actor) => actor.id);
}
