/** Which days are looked at: the period, its day, what was known by when; two handles, and a button that plays. */

import { isDay, long, toDay, toNumber, weekday } from "./dates.js";
import { byId, h, show } from "./dom.js";

const PLAY_MS = 1100;
const MOST_STEPS = 400; // long periods are played in steps of several days

/** Keeps the handles and the view the same. */
export class Clock {
  /** @param {Array<{id, title, from, until}>} periods the first one is shown unless the view says another */
  constructor(state, periods) {
    this.state = state;
    this.periods = periods;
    const years = ({ from, until }) => [...new Set([from.slice(0, 4), until.slice(0, 4)])].join("–");
    show(
      byId("period"),
      periods.map((period) => h("option", { value: period.id }, `${period.title} (${years(period)})`)),
    );
    byId("period-box").hidden = periods.length < 2;
    byId("day").addEventListener("input", () => state.set({ day: dayOf("day"), all: false }));
    byId("known").addEventListener("input", () =>
      state.set({ known: dayOf("known") >= this.period.until ? null : dayOf("known") }),
    );
    byId("all").addEventListener("change", () => state.set({ all: byId("all").checked }));
    byId("period").addEventListener("change", () =>
      state.set({ period: byId("period").value, day: null, known: null, at: null }),
    );
    byId("play").addEventListener("click", () => this.play(!this.playing));
    this.setPeriod();
  }

  /** Take the period of the view; a day outside it, or none, becomes its last. */
  setPeriod() {
    const { view } = this.state;
    this.period = this.periods.find(({ id }) => id === view.period) ?? this.periods[0];
    const { id, title, from, until } = this.period;
    byId("period").value = id;
    byId("tagline").textContent = title;
    if (!isDay(view.day ?? "") || view.day < from || view.day > until) view.day = until;
    for (const name of ["day", "known"]) {
      byId(name).min = String(toNumber(from));
      byId(name).max = String(toNumber(until));
    }
    this.show();
  }

  /** Bring handles and words to what the view says. At its end the second handle asks for nothing: all is known. */
  show() {
    const { day, known, all } = this.state.view;
    const { from, until } = this.period;
    byId("day").value = String(toNumber(day));
    byId("day").setAttribute("aria-valuetext", `${weekday(day)}, ${long(day)}`);
    byId("known").value = String(toNumber(known ?? until));
    byId("known").setAttribute("aria-valuetext", known ? `what was known by ${long(known)}` : "everything known now");
    byId("known-text").textContent = known ? long(known) : "now";
    byId("all").checked = all;
    byId("weekday").textContent = all ? "" : weekday(day);
    byId("date").textContent = all ? `${long(from)} – ${long(until)}` : long(day);
    byId("control-title").textContent = `Who holds what on ${long(day)}`;
    document.body.classList.toggle("past", Boolean(known));
  }

  /** What the API is asked for: the day, or the whole period. */
  days() {
    return this.state.view.all ? `${this.period.from}/${this.period.until}` : this.state.view.day;
  }

  /** Go on from day to day, from the beginning if the end is reached; or stop. */
  play(on) {
    this.playing = on;
    byId("play").setAttribute("aria-pressed", String(on));
    clearInterval(this.ticking);
    if (!on) return;
    const [first, last] = [toNumber(this.period.from), toNumber(this.period.until)];
    const step = Math.max(1, Math.round((last - first) / MOST_STEPS));
    if (this.state.view.all || toNumber(this.state.view.day) >= last)
      this.state.set({ day: this.period.from, all: false });
    this.ticking = setInterval(() => {
      const next = toNumber(this.state.view.day) + step;
      if (next > last) this.play(false);
      else this.state.set({ day: toDay(next) });
    }, PLAY_MS);
  }
}

function dayOf(name) {
  return toDay(Number(byId(name).value));
}
