/** Element construction without an HTML parser: names and titles come from a database and may hold markup. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
/** Controls and overrides of the writing direction, but for tabs and ends of lines. */
const ACTING_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Create an HTML element. Strings become text nodes, `on` maps event types to listeners, null attributes are omitted.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string|null|undefined|Array)} children nested arrays are flattened, empty values skipped
 * @returns {HTMLElement}
 */
export function el(tag, attributes, ...children) {
  return populate(document.createElement(tag), attributes, children);
}

/**
 * Create an SVG element. SVG needs its namespace: an element created without one is never drawn.
 * @returns {SVGElement}
 */
export function svgEl(tag, attributes, ...children) {
  return populate(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function populate(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (isPresent(value)) {
      element.setAttribute(name, visibleText(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter(isPresent)
    .map((child) => (child instanceof Node ? child : visibleText(child)));
}

/** Replace characters that would act on the text around them, or on a terminal, by one that is seen. */
export function visibleText(text) {
  return String(text).replaceAll(ACTING_CHARACTERS, "\ufffd");
}

function isPresent(value) {
  return value !== null && value !== undefined && value !== false;
}

/** Return the element of index.html with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Replace all children of an element. */
export function setChildren(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** Create a secondary button. */
export function textButton(label, onClick, attributes = {}) {
  return el("button", { type: "button", class: "secondary", ...attributes, on: { click: onClick } }, label);
}

/** Create a link to an API response, so that readers can check the page against its source. */
export function jsonLink(url, label = "JSON") {
  return el("a", { href: url, class: "json", target: "_blank", rel: "noopener" }, label);
}
