/** Entry point: layout that depends on the screen, the map, and the application. */

import { App } from "./app.js";
import { byId } from "./dom.js";
import { createMap } from "./map.js";

const WIDE_SCREEN = matchMedia("(min-width: 60rem)");

/** Fold the filters on narrow screens, where they would push the map off the screen. */
function foldFilters() {
  byId("filter-panel").open = WIDE_SCREEN.matches;
}

WIDE_SCREEN.addEventListener("change", foldFilters);
foldFilters();
const map = await createMap(byId("map"), new URL("outlines.geojson", import.meta.url));
await new App(map).start();
document.body.dataset.ready = "true"; // tests wait for this
