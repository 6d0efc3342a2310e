/** The console's map: what moves on it, the chosen case in the middle with its rings, and the block at any point. */
import { collection, complete, createMap, pointFeature } from "./map.js";
import { load } from "./swap.js";

const box = document.getElementById("map");
const card = document.getElementById("point");
const WEIGHT = { on_scene: 3, en_route: 3, committed: 3, transporting: 3, at_hospital: 2, available: 1, unavailable: 0 };

const NEAR = 0.005; // degrees
const POINTED = ["chosen", "clusters", "calls", "units"];

let map = null;
let calls = [];
let units = [];
let chosen = null; // {id, lon, lat}
let joined = null; // {id, units}: what is joined to which case
let pointed = null;
let closed = null; // roads, once they are known
let ways = { key: "", id: null, features: [] }; // to the case of this id, as the road goes

export async function start() {
  map = await createMap(box);
  if (map) await begin();
  box.dataset.ready = map ? "map" : "none";
}

async function begin() {
  map.on("click", clicked);
  map.on("contextmenu", ({ lngLat, originalEvent }) => {
    originalEvent.preventDefault();
    tell("closeroad", { lon: lngLat.lng, lat: lngLat.lat });
  });
  map.on("mousemove", ({ point }) => over(at(point)));
  map.on("mouseout", () => over(undefined));
  document.addEventListener("unitmarked", ({ detail }) => mark(detail));
  await refresh();
  show();
  setInterval(refresh, 4000);
  complete(map, box);
}

/** The map that is drawn, or null. */
export const drawn = () => map;

const at = (point) => map.queryRenderedFeatures(point, { layers: POINTED })[0];

const tell = (name, detail) => box.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));

function clicked({ lngLat, point }) {
  const taking = document.querySelector("#take:not([hidden]), .actform [data-place]"); // then a pin must not stand in the way of a place
  const hit = taking ? undefined : at(point);
  if (hit?.properties.cluster) nearer(hit);
  else if (hit?.properties.code) tell("unit", hit.properties.code);
  else if (hit) tell("case", hit.properties.id);
  else pointAt(lngLat.lng, lngLat.lat);
}

/** Near enough that the calls of a cluster come apart. */
async function nearer({ geometry, properties }) {
  const zoom = await map.getSource("calls").getClusterExpansionZoom(properties.cluster_id);
  map.easeTo({ center: geometry.coordinates, zoom, duration: motion(300) });
}

function over(hit) {
  map.getCanvas().style.cursor = hit ? "pointer" : "";
  tell("unitlit", hit?.properties.code ?? null);
}

/** A unit's dot shows what its chip shows: that it is meant, or that its card is open; then it is in view. */
function mark({ lit, shown, opened }) {
  map.removeFeatureState({ source: "units" });
  if (lit) map.setFeatureState({ source: "units", id: lit }, { lit: true });
  if (shown) map.setFeatureState({ source: "units", id: shown }, { chosen: true });
  const unit = opened && units.find((one) => one.code === shown);
  if (unit && !map.getBounds().contains([unit.lon, unit.lat])) map.easeTo({ center: [unit.lon, unit.lat], duration: motion(300) });
}

export async function refresh() {
  if (!map || document.hidden) return;
  const answer = await fetch("/console/live").catch(() => null);
  if (!answer?.ok || answer.redirected) return; // redirected: signed out
  const live = await answer.json();
  const before = closed && JSON.stringify(closed);
  ({ calls, units, closed } = live);
  if (before && before !== JSON.stringify(closed)) tell("roads");
  map.getSource("units").setData(collection(units.map(unitFeature)));
  map.getSource("closed").setData(collection(closed.flatMap(closedFeatures)));
  drawCalls();
  drawJoins();
}

const closedFeatures = ({ line, words }) => [
  { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } },
  pointFeature((line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2, { words }),
];

const unitFeature = (unit) =>
  pointFeature(unit.lon, unit.lat, {
    icon: `unit-${unit.meaning}${unit.stale ? "-stale" : ""}`, code: unit.code, call_sign: unit.call_sign, order: WEIGHT[unit.meaning] ?? 0,
  });

/** The chosen call stands by itself, in no cluster. */
function drawCalls() {
  const known = calls.find((call) => call.id === chosen?.id);
  const one = known ?? (chosen?.lon && { ...chosen, point: [chosen.lon, chosen.lat], waiting: false, late: false });
  map.getSource("calls").setData(collection(calls.filter((call) => call !== known).map(callFeature)));
  map.getSource("chosen").setData(collection(one ? [callFeature(one)] : []));
}

const callFeature = (call) =>
  pointFeature(...call.point, {
    id: call.id, priority: call.priority, late: call.late, order: 10 - call.priority,
    icon: `call-${call.priority}${call.late ? "-late" : call.waiting ? "" : "-sent"}`,
  });

/** Put a case in the middle with its rings; null puts it away. */
export function choose(next) {
  const same = chosen?.id === next?.id && chosen?.lon === next?.lon;
  chosen = next;
  if (!map) return;
  drawCalls();
  if (!same || !next) show();
}

/** The chosen case in the middle, with the areas reached by road within the city's own minutes. */
function show() {
  drawJoins();
  if (!chosen?.lon) {
    map.getSource("rings").setData(collection([]));
    return;
  }
  const { lon, lat } = chosen;
  map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 13), duration: motion(300) });
  map.getSource("rings").setData(`/api/rings?lon=${lon}&lat=${lat}`);
  if (joined?.id === chosen.id) join(joined.units);
}

/** Join the recommended units to the chosen case, with their minutes, and show them all. */
export function join(units) {
  joined = { id: chosen?.id, units };
  if (!map || !chosen?.lon) return;
  drawJoins();
  if (!units.length) return;
  const here = [chosen.lon, chosen.lat];
  const reach = (axis) => Math.max(...units.map((unit) => Math.abs((axis ? unit.lat : unit.lon) - here[axis]))) * 1.25 + 0.002;
  const [dx, dy] = [reach(0), reach(1)];
  const camera = map.cameraForBounds([here[0] - dx, here[1] - dy, here[0] + dx, here[1] + dy], { padding: 40 });
  map.easeTo({ center: here, zoom: Math.min(camera.zoom, 14), duration: motion(300) });
}

/** Lines to the chosen case: from the units that work on it, and from the recommended ones while none does. */
function drawJoins() {
  const assigned = units.filter((unit) => chosen && unit.case === chosen.id);
  const wanted = joined && joined.id === chosen?.id ? joined.units : [];
  const shown = assigned.length ? assigned.map((unit) => ({ ...unit, sent: true })) : wanted;
  const there = Boolean(chosen?.lon);
  if (there) follow(shown);
  const known = there && ways.id === chosen.id ? ways.features : [];
  map.getSource("ways").setData(collection(known));
  map.getSource("joins").setData(collection(there ? joinFeatures(shown, [chosen.lon, chosen.lat], new Set(known.map((way) => way.properties.unit))) : []));
}

/** Ask for the ways anew when another unit is joined, one has moved, or a road was closed or opened. */
async function follow(shown) {
  const { id } = chosen;
  const key = JSON.stringify([id, closed, ...shown.map(({ code, lon, lat }) => [code, lon.toFixed(4), lat.toFixed(4)])]);
  if (key === ways.key) return;
  ways.key = key;
  const others = shown.filter((unit) => !unit.sent).map((unit) => unit.code);
  const answer = shown.length ? await fetch(`/console/${id}/ways?units=${others.join("+")}`).catch(() => null) : null;
  const found = answer?.ok && !answer.redirected ? await answer.json() : { features: [] };
  if (ways.key !== key) return;
  ways = { key: shown.length && !answer?.ok ? "" : key, id, features: found.features };
  drawJoins();
}

/** Units that stand close together share a label, and a straight line where no way by road is known of them. */
function joinFeatures(from, here, byRoad) {
  const groups = [];
  for (const unit of from) {
    const near = groups.find(([first]) => Math.hypot(first.lon - unit.lon, first.lat - unit.lat) < NEAR);
    if (near) near.push(unit);
    else groups.push([unit]);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    const words = group.map((unit) => unit.call_sign + (unit.minutes ? ` ${unit.minutes}′` : "")).join("\n");
    const line = { type: "LineString", coordinates: [[first.lon, first.lat], here] };
    const straight = group.some((unit) => byRoad.has(unit.code)) ? [] : [{ type: "Feature", properties: { sent: Boolean(first.sent) }, geometry: line }];
    return [...straight, pointFeature(first.lon, first.lat, { words })];
  });
}

/** Show the block and its leader for a point, and mark it. */
export function pointAt(lon, lat, { fly = false, quiet = false, close = false, text, kind = "street" } = {}) {
  pointed = { lon: lon.toFixed(7), lat: lat.toFixed(7), text, kind };
  map?.getSource("point").setData(collection([pointFeature(lon, lat, {})]));
  if (fly) map?.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 15), duration: motion(300) });
  card.hidden = false;
  if (!quiet) tell("pointed", pointed);
  return load(`/console/point?lon=${pointed.lon}&lat=${pointed.lat}${close ? "&close=1" : ""}`, card);
}

export function unpoint() {
  pointed = null;
  card.hidden = true;
  map?.getSource("point").setData(collection([]));
}

/** Where a road may be meant: the point, else the chosen case, else the middle of the map. */
export function meant() {
  if (pointed) return { lon: Number(pointed.lon), lat: Number(pointed.lat) };
  if (chosen?.lon) return { lon: chosen.lon, lat: chosen.lat };
  const centre = map?.getCenter();
  return centre && { lon: centre.lng, lat: centre.lat };
}

const motion = (ms) => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms);
