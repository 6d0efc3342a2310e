/** The city's own map: blocks, roads and labels from this server, in the page's theme; no other address is asked.
 *  Outlines come first; roads, names and the smaller blocks when what moves is there. */
import { Map as MapLibre, NavigationControl, prewarm, ScaleControl } from "/static/vendor/maplibre-gl/maplibre-gl.mjs";
import { outlines, paint } from "./map-style.js";
import { word } from "./words.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const MOVING = ["rings", "closed", "joins", "ways", "chosen", "point"];
const chinese = document.documentElement.lang.startsWith("zh");

prewarm();

/** A MapLibre map in `element`, its outlines drawn; null where the browser draws none, which is said in its place. */
export async function createMap(element) {
  const levels = element.dataset.levels.split(" ");
  const first = await blocksOf(element, levels[0]);
  const map = begin(element, levels, first);
  if (!map) return null;
  await new Promise((done) => map.once("load", done));
  performance.mark("map-drawn");
  element.parentElement.querySelector(".outline")?.remove();
  for (const [name, source] of Object.entries(sources(levels, element.dataset.tiles))) map.addSource(name, source);
  paint(map, levels, chinese);
  document.addEventListener("theme", () => paint(map, levels, chinese));
  names(map, levels[0], first);
  const looked = () => (element.dataset.middle = map.getCenter().toArray().map((degrees) => degrees.toFixed(5)).join(","));
  map.on("moveend", looked);
  looked();
  return map;
}

function begin(element, levels, first) {
  try {
    return withControls(new MapLibre({
      container: element,
      style: { version: 8, sources: { [`blocks-${levels[0]}`]: geojson(first) }, layers: outlines(levels) },
      bounds: element.dataset.bounds.split(" ").map(Number),
      fitBoundsOptions: { padding: 16 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      keyboard: true,
      fadeDuration: 0,
      locale: { "Map.Title": element.getAttribute("aria-label") ?? "", "NavigationControl.ZoomIn": word("nearer"), "NavigationControl.ZoomOut": word("farther") },
    }));
  } catch {
    element.replaceChildren();
    element.parentElement.querySelector(".mapless").hidden = false;
    return null;
  }
}

function withControls(map) {
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 100 }), "bottom-right");
  return map;
}

/** What can wait: roads, then the smaller blocks, one after the other. */
export async function complete(map, element) {
  const [largest, ...smaller] = element.dataset.levels.split(" ");
  map.getSource("roads").setData(address(element, "/api/roads.geojson?"));
  await map.once("idle");
  for (const level of smaller) {
    map.getSource(`blocks-${level}`).setData(address(element, `/api/blocks.geojson?level=${level}&`));
    names(map, level, await blocksOf(element, level));
  }
  element.dataset.complete = largest;
}

function sources(levels, tiles) {
  const own = levels.flatMap((level, depth) => [...(depth ? [[`blocks-${level}`, geojson(EMPTY)]] : []), [`names-${level}`, geojson(EMPTY)]]);
  return {
    ...(tiles ? { tiles: { type: "raster", tiles: [tiles], tileSize: 256 } } : {}),
    ...Object.fromEntries([...own, ...["roads", ...MOVING].map((name) => [name, geojson(EMPTY)])]),
    units: { ...geojson(EMPTY), promoteId: "code" },
    calls: { ...geojson(EMPTY), cluster: true, clusterRadius: 26, clusterMaxZoom: 15,
      clusterProperties: { urgent: ["min", ["get", "priority"]], late: ["max", ["case", ["get", "late"], 1, 0]] } },
  };
}

const geojson = (data) => ({ type: "geojson", data });

const address = (element, path) => `${path}edition=${element.dataset.edition}`;

/** Blocks of a level; under the edition of the city the browser keeps them. */
async function blocksOf(element, level) {
  const answer = await fetch(address(element, `/api/blocks.geojson?level=${level}&`)).catch(() => null);
  return answer?.ok ? answer.json() : EMPTY;
}

/** A polygon that several tiles share would be named in each of them: its name hangs on one point instead. */
function names(map, level, blocks) {
  map.getSource(`names-${level}`).setData(collection(blocks.features.map((block) => pointFeature(...block.properties.label, block.properties))));
}

export const collection = (features) => ({ type: "FeatureCollection", features });

export const pointFeature = (lon, lat, properties) => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: [lon, lat] },
  properties,
});
