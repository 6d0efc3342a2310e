/** Layers of the map, painted from the page's own tokens, so that the theme is one place. */
import { icons } from "./map-icons.js";
import { word } from "./words.js";

const FONT = ["Segoe UI", "Roboto", "Helvetica Neue", "Arial", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif"];

/** Resolves a token to the rgb() of the present theme. */
export function token(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

export function paint(map, levels, chinese) {
  const c = Object.fromEntries(["paper", "surface", "ink", "muted", "rule", "road", "accent", "done", "red", "red-text"].map((n) => [n, token(n)]));
  for (const layer of [...map.getStyle().layers].reverse()) map.removeLayer(layer.id);
  icons(map, c);
  for (const layer of layers(c, levels, chinese, Boolean(map.getSource("tiles")))) map.addLayer(layer);
}

function layers(c, levels, chinese, tiled) {
  const [before, after] = word("minute").split("{n}");
  return [
    { id: "ground", type: "background", paint: { "background-color": c.paper } },
    tiled ? { id: "tiles", type: "raster", source: "tiles" } : fill("area", `blocks-${levels[0]}`, c.surface),
    { id: "rings", type: "fill", source: "rings", paint: { "fill-color": c.accent, "fill-opacity": 0.07 } },
    ...levels.map((level, depth) => blockLine(level, depth, levels.length, c)).reverse(),
    ...(tiled ? [] : roads(c)), // the tiles have their own
    { id: "ring-lines", type: "line", source: "rings", paint: { "line-color": c.accent, "line-width": 1.5, "line-dasharray": [4, 3] } },
    { id: "ring-minutes", type: "symbol", source: "rings",
      layout: { "text-field": ["concat", before, ["get", "minutes"], after], "text-font": FONT, "text-size": 12, "symbol-placement": "line", "symbol-spacing": 400 },
      paint: { "text-color": c.accent, "text-halo-color": c.surface, "text-halo-width": 2 } },
    ...labels(c, levels, chinese, tiled),
    ...closed(c),
    ...joins(c).slice(0, 2),
    ...points(c),
    joins(c)[2],
  ];
}

const fill = (id, source, colour) => ({ id, type: "fill", source, paint: { "fill-color": colour } });

function blockLine(level, depth, count, c) {
  const smallest = depth === count - 1 && count > 1;
  return {
    id: `line-${level}`, type: "line", source: `blocks-${level}`, minzoom: smallest ? 13 : depth ? 11 : 0,
    paint: {
      "line-color": depth === 0 ? c.muted : c.rule,
      "line-width": depth === 0 ? 1.4 : smallest ? 0.8 : 1.1,
      "line-opacity": depth === 0 ? 0.75 : 1,
      ...(depth === 0 ? {} : { "line-dasharray": [2, 2] }),
    },
  };
}

const MAJOR = ["match", ["get", "class"], ["expressway", "motorway", "trunk", "primary", "arterial", "highway"], true, false];
const MIDDLE = ["match", ["get", "class"], ["secondary", "collector", "tertiary"], true, false];

function roads(c) {
  const line = (id, filter, minzoom, width) => ({
    id, type: "line", source: "roads", filter, minzoom, layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": c.road, "line-width": width },
  });
  return [
    line("roads-minor", ["!", ["any", MAJOR, MIDDLE]], 10, ["interpolate", ["linear"], ["zoom"], 10, 0.15, 12.5, 0.5, 16, 4]),
    line("roads-middle", MIDDLE, 11, ["interpolate", ["linear"], ["zoom"], 11, 0.7, 16, 5]),
    line("roads-major", MAJOR, 0, ["interpolate", ["linear"], ["zoom"], 9, 0.9, 16, 7]),
  ];
}

function labels(c, levels, chinese, tiled) {
  const name = chinese ? ["get", "name"] : ["case", ["!=", ["get", "name_en"], ""], ["get", "name_en"], ["get", "name"]];
  const halo = { "text-halo-color": c.surface, "text-halo-width": 1.6 };
  const text = (size) => ({ "text-field": name, "text-font": FONT, "text-size": size });
  const blocks = levels.map((level, depth) => ({
    id: `name-${level}`, type: "symbol", source: `names-${level}`,
    minzoom: [0, 12.2, 14.6][depth] ?? 15, maxzoom: depth === 0 && levels.length > 1 ? 13.5 : 24,
    layout: { ...text(depth === 0 ? 14 : 12), "text-max-width": 7, "text-padding": 12 },
    paint: { "text-color": c.muted, ...halo },
  }));
  const streets = {
    id: "name-roads", type: "symbol", source: "roads", minzoom: 14,
    layout: { ...text(12), "symbol-placement": "line", "symbol-spacing": 320 },
    paint: { "text-color": c.muted, ...halo },
  };
  return [...(tiled ? [] : [streets]), ...blocks.reverse()];
}

/** A closed road is crossed out, with its reason where there is room. */
function closed(c) {
  return [
    { id: "closed-lines", type: "line", source: "closed", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": c.ink, "line-width": 4, "line-dasharray": [0.6, 0.6] } },
    { id: "closed", type: "symbol", source: "closed", filter: ["==", ["geometry-type"], "Point"],
      layout: { "icon-image": "closed", "icon-size": 0.8, "icon-allow-overlap": true, "text-field": ["step", ["zoom"], "", 13, ["get", "reason"]],
        "text-font": FONT, "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.8], "text-max-width": 12, "text-optional": true },
      paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 1.6 } },
  ];
}

function joins(c) {
  const line = (id, sent, more) => ({
    id, type: "line", source: "joins", filter: ["all", ["==", ["geometry-type"], "LineString"], ["==", ["get", "sent"], sent]],
    layout: { "line-cap": "round" }, paint: { "line-color": c.accent, "line-width": 2.5, ...more },
  });
  return [
    line("joins-sent", true, { "line-width": 2 }),
    line("joins", false, { "line-dasharray": [1, 2] }),
    { id: "join-minutes", type: "symbol", source: "joins", filter: ["==", ["geometry-type"], "Point"],
      layout: { "text-field": ["get", "words"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "text-anchor": "top", "text-offset": [0, 0.7], "text-max-width": 12 },
      paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 2.5 } },
  ];
}

function points(c) {
  const icon = (size) => ({ "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": size });
  return [
    { id: "units", type: "symbol", source: "units",
      layout: { ...icon(["interpolate", ["linear"], ["zoom"], 10, 0.7, 14, 1]), "symbol-sort-key": ["get", "order"],
        "text-field": ["step", ["zoom"], "", 13.4, ["get", "call_sign"]], "text-font": FONT, "text-size": 12, "text-anchor": "left",
        "text-offset": [0.9, 0], "text-optional": true },
      paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 1.6 } },
    { id: "calls", type: "symbol", source: "calls", layout: { ...icon(1), "symbol-sort-key": ["get", "order"] } },
    { id: "chosen", type: "symbol", source: "calls", filter: ["get", "chosen"], layout: icon(1.35) },
    { id: "point", type: "circle", source: "point",
      paint: { "circle-radius": 6, "circle-color": "transparent", "circle-stroke-width": 2.5, "circle-stroke-color": c.accent } },
  ];
}
