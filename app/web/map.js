/** Base map: country outlines and labels. Without tiles the map needs no internet and takes no position on borders. */

import { el, visibleText } from "./dom.js";

const { L } = window; // Leaflet is a classic script, which no module can import
const MIN_ZOOM = 2;
const MAX_ZOOM = 13;
const MIN_LABEL_ZOOM = 3;
const LABEL_CHARACTER_PX = 10;
const LABEL_LINE_PX = 22;
/** Panes from bottom to top, with their z-index; Leaflet's markers are at 600 and its pop-ups at 700. */
const PANES = { outlines: 200, "country-labels": 250, control: 410, movements: 420, labels: 640 };
const CLICKABLE_PANES = ["control"];

/**
 * Create the map with its panes and outlines.
 * @param {HTMLElement} element
 * @param {string|URL} outlinesUrl a GeoJSON file
 * @returns {Promise<L.Map>}
 */
export async function createMap(element, outlinesUrl) {
  const isAnimated = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    minZoom: MIN_ZOOM,
    maxZoom: MAX_ZOOM,
    zoomControl: false,
    attributionControl: false,
    zoomAnimation: isAnimated,
    fadeAnimation: isAnimated,
    markerZoomAnimation: isAnimated,
    inertia: isAnimated,
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
  for (const [name, zIndex] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = zIndex;
    if (!CLICKABLE_PANES.includes(name)) pane.style.pointerEvents = "none";
  }
  addOutlines(map, await (await fetch(outlinesUrl)).json());
  return map;
}

function addOutlines(map, collection) {
  const renderer = L.svg({ pane: "outlines", padding: 0.5 });
  L.geoJSON(collection, { pane: "outlines", renderer, interactive: false, style: { className: "country" } }).addTo(map);
  const labelLayer = L.layerGroup().addTo(map);
  const labels = collection.features
    .filter((country) => country.properties.name)
    .map(countryLabel)
    .sort((a, b) => b.area - a.area);
  const redraw = () => drawCountryLabels(map, labelLayer, labels);
  map.on("zoomend", redraw);
  redraw();
}

/** Compute a country's label position: the centroid of its largest polygon, which the file lists first. */
function countryLabel({ properties, geometry }) {
  const outerRing = geometry.coordinates[0][0];
  let [doubleArea, x, y] = [0, 0, 0];
  for (let index = 1; index < outerRing.length; index++) {
    const [[ax, ay], [bx, by]] = [outerRing[index - 1], outerRing[index]];
    const cross = ax * by - bx * ay;
    doubleArea += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  const centroid = [y / (3 * doubleArea), x / (3 * doubleArea)];
  return { name: properties.name, centroid, area: Math.abs(doubleArea) / 2 };
}

/** Draw the labels that have room. Larger countries come first, because readers orient themselves by them. */
function drawCountryLabels(map, layer, labels) {
  layer.clearLayers();
  if (map.getZoom() < MIN_LABEL_ZOOM) return;
  const occupied = [];
  const pixelsPerDegree = (256 * 2 ** map.getZoom()) / 360;
  for (const { name, centroid, area } of labels) {
    const width = name.length * LABEL_CHARACTER_PX;
    if (Math.sqrt(area) * pixelsPerDegree < width / 3) continue; // the label would cover the country
    const { x, y } = map.latLngToLayerPoint(centroid);
    const overlaps = (other) =>
      Math.abs(other.x - x) < (other.width + width) / 2 && Math.abs(other.y - y) < LABEL_LINE_PX;
    if (occupied.some(overlaps)) continue;
    occupied.push({ x, y, width });
    const icon = L.divIcon({ className: "country-label", html: el("span", {}, name), iconSize: [0, 0] });
    L.marker(centroid, { icon, interactive: false, keyboard: false, pane: "country-labels" }).addTo(layer);
  }
}

/** Return the visible area as the API's `bbox`; all longitudes if the map shows more than one world. */
export function visibleBbox(map) {
  const bounds = map.getBounds();
  const [south, north] = [Math.max(-90, bounds.getSouth()), Math.min(90, bounds.getNorth())];
  const showsAllLongitudes = bounds.getEast() - bounds.getWest() >= 360;
  const [west, east] = showsAllLongitudes
    ? [-180, 180]
    : [normaliseLongitude(bounds.getWest()), normaliseLongitude(bounds.getEast())];
  return [west, south, east, north].map((degrees) => degrees.toFixed(4)).join(",");
}

function normaliseLongitude(longitude) {
  return ((((longitude + 180) % 360) + 360) % 360) - 180;
}

/** Convert a GeoJSON position to Leaflet's order, in the copy of the world nearest to the map's centre. */
export function toLatLng(map, [longitude, latitude]) {
  return [latitude, longitude + 360 * Math.round((map.getCenter().lng - longitude) / 360)];
}

/** Add a marker that is a named button for pointer, keyboard and screen reader; Leaflet names images only. */
export function addMarkerButton(layer, latLng, name, options, onActivate) {
  const label = visibleText(name);
  const marker = L.marker(latLng, { ...options, alt: label, title: label })
    .on("click keypress", ({ type, originalEvent }) => {
      if (type === "click" || originalEvent.key === "Enter") onActivate();
    })
    .addTo(layer);
  marker.getElement()?.setAttribute("aria-label", label);
}
