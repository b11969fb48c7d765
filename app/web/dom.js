/** Elements, made without ever reading text as markup: what comes from a database may hold anything. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children. Strings become text. `on` holds listeners; a null attribute is left out.
 * @param {string} name
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string|null|undefined|Array)} children
 */
export function h(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function s(name, attributes, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** The element with this id, which index.html has. */
export function byId(id) {
  return document.getElementById(id);
}

/** Put these children in the place of all that an element holds. */
export function show(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
}

/** A link that leads to an answer of the API itself. */
export function jsonLink(address, text = "JSON") {
  return h("a", { href: address, class: "json", target: "_blank", rel: "noopener" }, text);
}
