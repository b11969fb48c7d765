/** The map itself: outlines of countries and nothing else, so that it needs no tiles and no internet. */

import { h } from "./dom.js";

const { L } = window; // Leaflet is a script of its own, and puts itself there
const FARTHEST = 2;
const CLOSEST = 13;
const NAMES_FROM_ZOOM = 4;

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
    worldCopyJump: true,
    zoomControl: false,
    attributionControl: false,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
    inertia: !still,
    maxBounds: [[-85, -540], [85, 540]],
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
  const names = L.layerGroup(collection.features.map((country) => nameOf(country)));
  const choose = () => (map.getZoom() >= NAMES_FROM_ZOOM ? names.addTo(map) : names.remove());
  map.on("zoomend", choose);
  choose();
}

/** A country's name in the middle of its largest part, which comes first. */
function nameOf({ properties, geometry }) {
  const ring = geometry.coordinates[0][0];
  const [latitude, longitude] = [1, 0].map((axis) => {
    const values = ring.map((point) => point[axis]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  });
  const icon = L.divIcon({ className: "country-name", html: h("span", {}, properties.name), iconSize: [0, 0] });
  return L.marker([latitude, longitude], { icon, interactive: false, keyboard: false, pane: "names" });
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
export function near(map, longitude) {
  return longitude + 360 * Math.round((map.getCenter().lng - longitude) / 360);
}
