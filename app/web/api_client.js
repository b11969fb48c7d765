/** API client: the public API over fetch. URLs are recorded, so that the page can list the sources of what it shows. */

const ACCEPT = "application/json, application/geo+json, application/problem+json";
const MAX_ATTEMPTS = 3;
const MAX_RETRY_AFTER_SECONDS = 10;

/** Represent a problem document (RFC 9457), with the API's suggestions for a misspelt value. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.detail ?? body.title ?? `the server answered ${status}`);
    this.status = status;
    this.parameter = body.parameter;
    this.value = body.value;
    this.suggestions = body.did_you_mean ?? [];
  }
}

/** Build an API URL, relative to wherever the page is mounted. Empty parameters are omitted. */
export function apiUrl(path, params = {}) {
  const query = Object.entries(params)
    .filter(([, value]) => value !== null && value !== undefined && value !== "" && value?.length !== 0)
    .map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value)).replaceAll("%2C", ",").replaceAll("%2F", "/")}`,
    );
  return new URL(path + (query.length ? `?${query.join("&")}` : ""), document.baseURI).href;
}

/**
 * Send requests, at most one at a time for each purpose. A newer request aborts the older one, because a slider sends
 * them faster than they are answered.
 */
export class ApiClient extends EventTarget {
  constructor() {
    super();
    this.requestUrls = new Map();
    this.abortControllers = new Map();
  }

  /**
   * Fetch JSON.
   * @param {string} purpose key of the request log, such as "events"
   * @param {string} path
   * @param {Object<string, any>} [params]
   * @throws {Problem} when the API refuses
   * @throws {DOMException} `AbortError` when a newer request of the purpose began
   */
  async get(purpose, path, params) {
    this.abortControllers.get(purpose)?.abort();
    const controller = new AbortController();
    this.abortControllers.set(purpose, controller);
    const url = apiUrl(path, params);
    this.record(purpose, url);
    return this.fetchJson(url, controller.signal);
  }

  /** Fetch a URL as JSON. A short Retry-After is honoured: the server is busy, or limits the rate. */
  async fetchJson(url, signal) {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, { signal, headers: { Accept: ACCEPT } });
      const retryAfter = Number(response.headers.get("Retry-After") ?? Infinity);
      if (response.ok) return response.json();
      if (attempt === MAX_ATTEMPTS || !(retryAfter <= MAX_RETRY_AFTER_SECONDS))
        throw new Problem(await response.json().catch(() => ({})), response.status); // a proxy may answer in HTML
      await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000));
      signal?.throwIfAborted();
    }
  }

  /** Record a request as the newest of the log. */
  record(purpose, url) {
    this.requestUrls.delete(purpose);
    this.requestUrls.set(purpose, url);
    this.dispatchEvent(new Event("requestschange"));
  }

  /** Abort a purpose and drop its log entry, because the view no longer depends on it. */
  discard(purpose) {
    this.abortControllers.get(purpose)?.abort();
    if (this.requestUrls.delete(purpose)) this.dispatchEvent(new Event("requestschange"));
  }
}
