/** Loader: requests whose results may arrive late, out of order, or as problems; their pace. */

import { Problem } from "./api_client.js";

const MIN_INTERVAL_MS = 250;
const MAX_INTERVAL_MS = 1000;

/**
 * Gather changes, so that a dragged slider does not ask more than servers and proxies take. The first change begins to
 * load at once. Later ones wait until that has ended, at least a quarter of a second and at most one.
 */
export class Pace {
  /**
   * @param {function(Set<string>): Promise} load receives the names of all values that changed
   * @param {function(boolean): void} showBusy
   */
  constructor(load, showBusy) {
    this.load = load;
    this.showBusy = showBusy;
    this.waiting = new Set();
    this.isRunning = false;
  }

  /** Add changed values; resolves at once if they wait for others. */
  async add(names) {
    for (const name of names) this.waiting.add(name);
    if (this.isRunning) return;
    this.isRunning = true;
    this.showBusy(true);
    while (this.waiting.size) {
      const changed = this.waiting;
      this.waiting = new Set();
      await Promise.all([pause(MIN_INTERVAL_MS), Promise.race([this.load(changed), pause(MAX_INTERVAL_MS)])]);
    }
    this.isRunning = false;
    this.showBusy(false);
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Load parts of the page so that only the newest request of each part is rendered. */
export class Loader {
  /** @param {function(?Problem): void} showProblem receives null once the part that failed loads again */
  constructor(showProblem) {
    this.showProblem = showProblem;
    this.sequence = new Map();
    this.failedPart = null;
  }

  /**
   * Request a part and render the result. A result that a newer request has overtaken is dropped.
   * @param {string} part
   * @param {function(): Promise} request
   * @param {function(any): (void|Promise)} render
   */
  async load(part, request, render) {
    const number = (this.sequence.get(part) ?? 0) + 1;
    this.sequence.set(part, number);
    const isLatest = () => this.sequence.get(part) === number;
    try {
      const result = await request();
      if (isLatest()) await render(result);
      if (isLatest()) this.reportSuccess(part);
    } catch (error) {
      if (error.name !== "AbortError" && isLatest()) this.reportFailure(part, error);
    }
  }

  reportSuccess(part) {
    if (this.failedPart !== part) return;
    this.failedPart = null;
    this.showProblem(null);
  }

  reportFailure(part, error) {
    this.failedPart = part;
    const isProblem = error instanceof Problem;
    this.showProblem(isProblem ? error : new Problem({ detail: `The server does not answer (${error.message}).` }, 0));
  }
}
