/** Loader: requests whose results may arrive late, out of order, or as problems. */

import { Problem } from "./api_client.js";

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
