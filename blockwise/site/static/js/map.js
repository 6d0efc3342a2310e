/** The city's own map: blocks, roads and labels from this server, in the page's theme; no other address is asked. */
import { Map as MapLibre, NavigationControl, ScaleControl } from "/static/vendor/maplibre-gl/maplibre-gl.mjs";
import { paint } from "./map-style.js";
import { word } from "./words.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const chinese = document.documentElement.lang.startsWith("zh");

/** A MapLibre map in `element`; `levels` are the block levels below the root, largest first. */
export async function createMap(element, levels) {
  const bounds = await cityBounds(levels[0]);
  const map = new MapLibre({
    container: element,
    style: { version: 8, sources: sources(levels, element.dataset.tiles), layers: [] },
    bounds,
    fitBoundsOptions: { padding: 16 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    keyboard: true,
    fadeDuration: 0,
    locale: { "Map.Title": element.getAttribute("aria-label") ?? "", "NavigationControl.ZoomIn": word("nearer"), "NavigationControl.ZoomOut": word("farther") },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 100 }), "bottom-right");
  await new Promise((done) => map.once("load", done));
  for (const level of levels) nameOnce(map, level);
  paint(map, levels, chinese);
  document.addEventListener("theme", () => paint(map, levels, chinese));
  return map;
}

function sources(levels, tiles) {
  const own = Object.fromEntries(levels.flatMap((level) => [
    [`blocks-${level}`, geojson(blocksOf(level))], [`names-${level}`, geojson(EMPTY)],
  ]));
  const under = tiles ? { tiles: { type: "raster", tiles: [tiles], tileSize: 256 } } : {};
  return { ...under, ...own, roads: geojson("/api/roads.geojson"), rings: geojson(EMPTY), closed: geojson(EMPTY), joins: geojson(EMPTY), units: geojson(EMPTY),
    calls: geojson(EMPTY), point: geojson(EMPTY) };
}

const geojson = (data) => ({ type: "geojson", data });

const blocksOf = (level) => `/api/blocks.geojson?level=${level}`;

/** A polygon that several tiles share would be named in each of them: its name hangs on one point instead. */
async function nameOnce(map, level) {
  const blocks = await (await fetch(blocksOf(level))).json();
  const points = blocks.features.map((block) => pointFeature(...block.properties.label, block.properties));
  map.getSource(`names-${level}`)?.setData(collection(points));
}

async function cityBounds(level) {
  const collection = await (await fetch(blocksOf(level))).json();
  let [west, south, east, north] = [180, 90, -180, -90];
  const walk = (part) => {
    if (typeof part[0] === "number") {
      [west, east] = [Math.min(west, part[0]), Math.max(east, part[0])];
      [south, north] = [Math.min(south, part[1]), Math.max(north, part[1])];
    } else part.forEach(walk);
  };
  for (const feature of collection.features) walk(feature.geometry.coordinates);
  return [west, south, east, north];
}

export const collection = (features) => ({ type: "FeatureCollection", features });

export const pointFeature = (lon, lat, properties) => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: [lon, lat] },
  properties,
});
