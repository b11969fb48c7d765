/** The public API, asked as any client asks it; what was asked is kept, so that the page can show it. */

const ACCEPT = "application/json, application/geo+json, application/problem+json";
const MOST_TRIES = 3;
const LONGEST_WAIT_S = 10;

/** An answer that is a problem (RFC 9457): what was wrong, and what was perhaps meant. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.detail ?? body.title ?? `the server answered ${status}`);
    this.status = status;
    this.parameter = body.parameter;
    this.value = body.value;
    this.suggestions = body.did_you_mean ?? [];
  }
}

/** An address of the API, below wherever the page itself is served. Empty values are left out. */
export function addressOf(path, parameters = {}) {
  const query = Object.entries(parameters)
    .filter(([, value]) => value !== null && value !== undefined && value !== "" && value?.length !== 0)
    .map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value)).replaceAll("%2C", ",").replaceAll("%2F", "/")}`,
    );
  return new URL(path + (query.length ? `?${query.join("&")}` : ""), document.baseURI).href;
}

/** Asks, one question of each kind at a time: a newer one takes the place of an older one. */
export class Api extends EventTarget {
  constructor() {
    super();
    this.asked = new Map();
    this.running = new Map();
  }

  /**
   * The answer to a question, as JSON. Raises Problem, or an AbortError when a newer question came.
   * @param {string} kind what the page needs it for
   */
  async get(kind, path, parameters) {
    this.running.get(kind)?.abort();
    const control = new AbortController();
    this.running.set(kind, control);
    const address = addressOf(path, parameters);
    this.note(kind, address);
    return this.read(address, control.signal);
  }

  /** The answer at an address that the API gave itself. */
  async read(address, signal) {
    for (let tries = 1; ; tries++) {
      const answer = await fetch(address, { signal, headers: { Accept: ACCEPT } });
      const wait = Number(answer.headers.get("Retry-After") ?? Infinity);
      if (answer.ok) return answer.json();
      if (tries === MOST_TRIES || !(wait <= LONGEST_WAIT_S)) throw new Problem(await answer.json(), answer.status);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000)); // the server is busy, or counts requests
      signal?.throwIfAborted();
    }
  }

  /** Keep a question, to be shown. */
  note(kind, address) {
    this.asked.delete(kind);
    this.asked.set(kind, address);
    this.dispatchEvent(new Event("asked"));
  }

  /** What is not asked any more is not shown any more. */
  forget(kind) {
    this.running.get(kind)?.abort();
    if (this.asked.delete(kind)) this.dispatchEvent(new Event("asked"));
  }
}
