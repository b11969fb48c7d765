/** The map itself: outlines of countries and nothing else, so that it needs no tiles and no internet. */

import { h } from "./dom.js";

const { L } = window; // Leaflet is a script of its own, and puts itself there
const FARTHEST = 2;
const CLOSEST = 13;
const NAMES_FROM_ZOOM = 3;
const NAME_LETTER_PX = 10;
const NAME_LINE_PX = 22;

/**
 * A map in an element, over the outlines.
 * @param {HTMLElement} element
 * @param {string} outlines address of the GeoJSON
 */
export async function makeMap(element, outlines) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    minZoom: FARTHEST,
    maxZoom: CLOSEST,
    zoomControl: false,
    attributionControl: false,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
    inertia: !still,
    maxBounds: [
      [-85, -200],
      [85, 200],
    ],
    maxBoundsViscosity: 1,
    zoomSnap: 0.5,
  });
  map.setView([30, 40], 3);
  L.control.zoom({ position: "topright" }).addTo(map);
  L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
  addPane(map, "outlines", 200);
  addPane(map, "names", 250);
  addPane(map, "control", 410);
  addPane(map, "arrows", 420);
  addPane(map, "labels", 640);
  const found = await (await fetch(outlines)).json();
  drawOutlines(map, found);
  return map;
}

function addPane(map, name, above) {
  const pane = map.createPane(name);
  pane.style.zIndex = above;
  if (name !== "control") pane.style.pointerEvents = "none";
}

function drawOutlines(map, collection) {
  const renderer = L.svg({ pane: "outlines", padding: 0.5 });
  L.geoJSON(collection, { pane: "outlines", renderer, interactive: false, style: { className: "country" } }).addTo(map);
  const names = L.layerGroup().addTo(map);
  const named = collection.features
    .filter((country) => country.properties.name)
    .map(nameOf)
    .sort((one, other) => other.size - one.size);
  const write = () => writeNames(map, names, named);
  map.on("zoomend", write);
  write();
}

/** A country's name in the middle of its largest part, which comes first, and how large that is. */
function nameOf({ properties, geometry }) {
  const ring = geometry.coordinates[0][0];
  let [twice, x, y] = [0, 0, 0];
  for (let at = 1; at < ring.length; at++) {
    const [[ax, ay], [bx, by]] = [ring[at - 1], ring[at]];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  return { text: properties.name, at: [y / (3 * twice), x / (3 * twice)], size: Math.abs(twice) / 2 };
}

/** The names that have room, larger countries first. */
function writeNames(map, layer, names) {
  layer.clearLayers();
  if (map.getZoom() < NAMES_FROM_ZOOM) return;
  const written = [];
  const pixels = (256 * 2 ** map.getZoom()) / 360; // of a degree
  for (const { text, at, size } of names) {
    if (Math.sqrt(size) * pixels < (text.length * NAME_LETTER_PX) / 3) continue; // it would cover the country
    const { x, y } = map.latLngToLayerPoint(at);
    const half = (text.length * NAME_LETTER_PX) / 2;
    if (written.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < NAME_LINE_PX))
      continue;
    written.push({ x, y, half });
    const icon = L.divIcon({ className: "country-name", html: h("span", {}, text), iconSize: [0, 0] });
    L.marker(at, { icon, interactive: false, keyboard: false, pane: "names" }).addTo(layer);
  }
}

/** West, south, east, north of what is seen, as the API takes it: within the globe, or all around it. */
export function boxOf(map) {
  const bounds = map.getBounds();
  const [south, north] = [Math.max(-90, bounds.getSouth()), Math.min(90, bounds.getNorth())];
  const around = bounds.getEast() - bounds.getWest() >= 360;
  const turned = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  const [west, east] = around ? [-180, 180] : [turned(bounds.getWest()), turned(bounds.getEast())];
  return [west, south, east, north].map((degrees) => degrees.toFixed(4)).join(",");
}

/** A longitude moved by whole turns to where the map is looking, so that nothing is drawn a world away. */
function near(map, longitude) {
  return longitude + 360 * Math.round((map.getCenter().lng - longitude) / 360);
}

/** Add a marker that is a button: it has a name, and a click or Enter acts. */
export function addButton(layer, at, name, options, act) {
  const pressed = (given) => {
    if (given.type === "click" || given.originalEvent.key === "Enter") act();
  };
  const marker = L.marker(at, { ...options, alt: name, title: name })
    .on("click keypress", pressed)
    .addTo(layer);
  marker.getElement()?.setAttribute("aria-label", name); // Leaflet names none but images
}

/** Where a GeoJSON point is drawn. */
export function placed(map, [longitude, latitude]) {
  return [latitude, near(map, longitude)];
}
