/** Element construction without an HTML parser: names and titles come from a database and may hold markup. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

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
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(Infinity).filter(isPresent));
  return element;
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
  element.replaceChildren(...children.flat(Infinity).filter(isPresent));
}

/** Create a secondary button. */
export function textButton(label, onClick, attributes = {}) {
  return el("button", { type: "button", class: "secondary", ...attributes, on: { click: onClick } }, label);
}

/** Create a link to an API response, so that readers can check the page against its source. */
export function jsonLink(url, label = "JSON") {
  return el("a", { href: url, class: "json", target: "_blank", rel: "noopener" }, label);
}
