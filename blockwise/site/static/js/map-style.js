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

const colours = () => Object.fromEntries(["paper", "surface", "ink", "muted", "rule", "road", "accent", "done", "red", "red-text"].map((n) => [n, token(n)]));

/** The largest blocks alone: what is drawn first. */
export function outlines(levels) {
  const c = colours();
  return [ground(c), fill("area", `blocks-${levels[0]}`, c.surface), blockLine(levels[0], 0, levels.length, c)];
}

export function paint(map, levels, chinese) {
  const c = colours();
  for (const layer of [...map.getStyle().layers].reverse()) map.removeLayer(layer.id);
  icons(map, c);
  for (const layer of layers(c, levels, chinese, Boolean(map.getSource("tiles")))) map.addLayer(layer);
}

function layers(c, levels, chinese, tiled) {
  const [before, after] = word("minute").split("{n}");
  return [
    ground(c),
    tiled ? { id: "tiles", type: "raster", source: "tiles" } : fill("area", `blocks-${levels[0]}`, c.surface),
    { id: "rings", type: "fill", source: "rings", paint: { "fill-color": c.accent, "fill-opacity": 0.07 } },
    ...levels.map((level, depth) => blockLine(level, depth, levels.length, c)).reverse(),
    ...(tiled ? [] : roads(c)), // the tiles have their own
    { id: "ring-lines", type: "line", source: "rings", paint: { "line-color": c.accent, "line-width": 1.5, "line-dasharray": [4, 3] } },
    { id: "ring-minutes", type: "symbol", source: "rings",
      layout: { "text-field": ["concat", before, ["get", "minutes"], after], "text-font": FONT, "text-size": 12, "symbol-placement": "line", "symbol-spacing": 400 },
      paint: { "text-color": c.accent, "text-halo-color": c.surface, "text-halo-width": 2 } },
    ...joins(c),
    ...closed(c),
    ...units(c),
    ...labels(c, levels, chinese, tiled),
    unitNames(c),
    ...calls(c),
    joinMinutes(c),
  ];
}

const ground = (c) => ({ id: "ground", type: "background", paint: { "background-color": c.paper } });

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
    layout: { ...text(depth === 0 ? 14 : 12), "text-max-width": 7, "text-padding": depth === 0 ? 2 : 12,
      "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 1.2 },
    paint: { "text-color": c.muted, ...halo },
  }));
  const streets = {
    id: "name-roads", type: "symbol", source: "roads", minzoom: 14,
    layout: { ...text(12), "symbol-placement": "line", "symbol-spacing": 320 },
    paint: { "text-color": c.muted, ...halo },
  };
  return [...(tiled ? [] : [streets]), ...blocks.reverse()];
}

/** A closed road is hatched, with its reason and its end where there is room. */
function closed(c) {
  return [
    { id: "closed-lines", type: "line", source: "closed", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-pattern": "hatch", "line-width": 10 } },
    { id: "closed", type: "symbol", source: "closed", filter: ["==", ["geometry-type"], "Point"],
      layout: { "icon-image": "closed", "icon-size": 0.8, "icon-allow-overlap": true, "text-field": ["step", ["zoom"], "", 12.5, ["get", "words"]],
        "text-font": FONT, "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.8], "text-max-width": 12, "text-optional": true },
      paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 1.6 } },
  ];
}

/** From the units to the chosen case: as the road goes where the way is known, else straight. */
function joins(c) {
  const line = (id, source, sent, more) => ({
    id, type: "line", source, filter: ["all", ["==", ["geometry-type"], "LineString"], ["==", ["get", "sent"], sent]],
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.accent, "line-width": 2.5, ...more },
  });
  const under = { "line-color": c.surface, "line-width": 6 };
  return [
    line("ways-ground", "ways", true, under),
    line("ways-sent", "ways", true, { "line-width": 3 }),
    line("ways", "ways", false, { "line-dasharray": [1, 1.6] }),
    line("joins-sent", "joins", true, { "line-width": 2 }),
    line("joins", "joins", false, { "line-dasharray": [1, 2] }),
  ];
}

function joinMinutes(c) {
  return { id: "join-minutes", type: "symbol", source: "joins", filter: ["==", ["geometry-type"], "Point"],
    layout: { "text-field": ["get", "words"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "text-anchor": "top", "text-offset": [0, 0.7], "text-max-width": 12 },
    paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 2.5 } };
}

const icon = (size) => ({ "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-size": size });

/** Units, and a ring about the one that is meant at its chip or here, or whose card is open. */
function units(c) {
  const state = (chosen, lit) => ["case", ["boolean", ["feature-state", "chosen"], false], chosen, ["boolean", ["feature-state", "lit"], false], lit, 0];
  return [
    { id: "unit-rings", type: "circle", source: "units",
      paint: { "circle-radius": 13, "circle-color": c.accent, "circle-opacity": state(0.25, 0.12), "circle-stroke-color": c.accent,
        "circle-stroke-width": 2, "circle-stroke-opacity": state(1, 0.8) } },
    { id: "units", type: "symbol", source: "units",
      layout: { ...icon(["interpolate", ["linear"], ["zoom"], 10, 0.7, 14, 1]), "icon-ignore-placement": true, "symbol-sort-key": ["get", "order"] } },
  ];
}

function unitNames(c) {
  return { id: "unit-names", type: "symbol", source: "units", minzoom: 13.4,
    layout: { "text-field": ["get", "call_sign"], "text-font": FONT, "text-size": 12, "text-anchor": "left", "text-offset": [0.9, 0] },
    paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 1.6 } };
}

/** Calls, those that lie together gathered with their number; the mark is the most urgent one's. Names keep clear of them. */
function calls(c) {
  const gathered = ["has", "point_count"];
  return [
    { id: "calls", type: "symbol", source: "calls", filter: ["!", gathered], layout: { ...icon(1), "symbol-sort-key": ["get", "order"] } },
    { id: "clusters", type: "symbol", source: "calls", filter: gathered,
      layout: { "icon-image": ["concat", "calls-", ["get", "urgent"], ["case", ["==", ["get", "late"], 1], "-late", ""]], "icon-allow-overlap": true,
        "text-field": ["get", "point_count_abbreviated"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "symbol-sort-key": ["-", 10, ["get", "urgent"]] },
      paint: { "text-color": ["case", ["==", ["get", "late"], 1], "#ffffff", ["==", ["get", "urgent"], 1], c.surface, c.ink] } },
    { id: "chosen", type: "symbol", source: "chosen", layout: icon(1.35) },
    { id: "point", type: "circle", source: "point",
      paint: { "circle-radius": 6, "circle-color": "transparent", "circle-stroke-width": 2.5, "circle-stroke-color": c.accent } },
  ];
}
