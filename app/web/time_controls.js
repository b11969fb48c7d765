/** Time controls: period, day, known-by date and playback. */

import { formatLongDate, formatWeekday, fromDayNumber, isIsoDate, toDayNumber } from "./dates.js";
import { byId, el, setChildren } from "./dom.js";

const PLAYBACK_INTERVAL_MS = 1100;
const MAX_PLAYBACK_STEPS = 400; // long periods advance several days a step

/** Keep the time controls and the view state in step. */
export class TimeControls {
  /**
   * @param {ViewState} viewState
   * @param {Array<{id, title, from, until}>} periods the first is the default
   */
  constructor(viewState, periods) {
    this.viewState = viewState;
    this.periods = periods;
    const options = periods.map((period) => el("option", { value: period.id }, `${period.title} (${years(period)})`));
    setChildren(byId("period"), options);
    byId("period-field").hidden = periods.length < 2;
    this.addListeners();
    this.applyPeriod();
  }

  addListeners() {
    byId("day-slider").addEventListener("input", () =>
      this.viewState.update({ day: sliderDay("day-slider"), allDays: false }),
    );
    byId("known-by-slider").addEventListener("input", () => {
      const knownBy = sliderDay("known-by-slider");
      this.viewState.update({ knownBy: knownBy >= this.period.until ? null : knownBy });
    });
    byId("all-days").addEventListener("change", () => this.viewState.update({ allDays: byId("all-days").checked }));
    byId("period").addEventListener("change", () =>
      this.viewState.update({ period: byId("period").value, day: null, knownBy: null, position: null }),
    );
    byId("play").addEventListener("click", () => this.setPlaying(!this.playing));
  }

  /** Apply the period of the view state. A missing day, or one outside, becomes the period's last. */
  applyPeriod() {
    const { period, day } = this.viewState.values;
    this.period = this.periods.find(({ id }) => id === period) ?? this.periods[0];
    const { id, title, from, until } = this.period;
    byId("period").value = id;
    setChildren(byId("tagline"), title);
    if (!isIsoDate(day ?? "") || day < from || day > until) this.viewState.applyDefaults({ day: until });
    for (const slider of [byId("day-slider"), byId("known-by-slider")]) {
      slider.min = String(toDayNumber(from));
      slider.max = String(toDayNumber(until));
    }
    this.render();
  }

  /** Render sliders and texts. At its right end the known-by slider means no limit, so later claims still count. */
  render() {
    const { day, knownBy, allDays } = this.viewState.values;
    const { from, until } = this.period;
    const knownByText = knownBy ? `what was known by ${formatLongDate(knownBy)}` : "everything known now";
    setSlider("day-slider", day, `${formatWeekday(day)}, ${formatLongDate(day)}`);
    setSlider("known-by-slider", knownBy ?? until, knownByText);
    byId("known-by-output").textContent = knownBy ? formatLongDate(knownBy) : "now";
    byId("all-days").checked = allDays;
    byId("weekday").textContent = allDays ? "" : formatWeekday(day);
    byId("date").textContent = allDays ? `${formatLongDate(from)} – ${formatLongDate(until)}` : formatLongDate(day);
    byId("control-title").textContent = `Who holds what on ${formatLongDate(day)}`;
    document.body.classList.toggle("known-by-active", Boolean(knownBy));
  }

  /** Return the API's `datetime`: the day, or the whole period. */
  datetime() {
    const { allDays, day } = this.viewState.values;
    return allDays ? `${this.period.from}/${this.period.until}` : day;
  }

  /** Start or stop playback; at the period's end it starts over. */
  setPlaying(playing) {
    this.playing = playing;
    byId("play").setAttribute("aria-pressed", String(playing));
    clearInterval(this.playback);
    if (!playing) return;
    const [first, last] = [toDayNumber(this.period.from), toDayNumber(this.period.until)];
    const step = Math.max(1, Math.round((last - first) / MAX_PLAYBACK_STEPS));
    if (this.viewState.values.allDays || toDayNumber(this.viewState.values.day) >= last)
      this.viewState.update({ day: this.period.from, allDays: false });
    this.playback = setInterval(() => {
      const next = toDayNumber(this.viewState.values.day) + step;
      if (next > last) this.setPlaying(false);
      else this.viewState.update({ day: fromDayNumber(next) });
    }, PLAYBACK_INTERVAL_MS);
  }
}

function years({ from, until }) {
  return [...new Set([from.slice(0, 4), until.slice(0, 4)])].join("–");
}

function sliderDay(id) {
  return fromDayNumber(Number(byId(id).value));
}

/** Set a slider. `aria-valuetext` replaces its day number, which would tell a listener nothing. */
function setSlider(id, day, valueText) {
  byId(id).value = String(toDayNumber(day));
  byId(id).setAttribute("aria-valuetext", valueText);
}
