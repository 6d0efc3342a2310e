/** The console's map: what moves on it, the chosen case in the middle with its rings, and the block at any point. */
import { collection, createMap, pointFeature } from "./map.js";
import { load } from "./swap.js";

const box = document.getElementById("map");
const card = document.getElementById("point");
const WEIGHT = { on_scene: 3, en_route: 3, committed: 3, transporting: 3, at_hospital: 2, available: 1, unavailable: 0 };

const NEAR = 0.005; // degrees

let map = null;
let calls = [];
let units = [];
let chosen = null; // {id, lon, lat}
let joined = null; // {id, units}: what is joined to which case
let pointed = null;

export async function start() {
  map = await createMap(box, box.dataset.levels.split(" "));
  map.on("click", ({ lngLat, point }) => {
    const taking = document.querySelector("#take:not([hidden])"); // then a pin must not stand in the way of a place
    const hit = taking ? null : map.queryRenderedFeatures(point, { layers: ["calls"] })[0];
    if (hit) box.dispatchEvent(new CustomEvent("case", { detail: hit.properties.id, bubbles: true }));
    else pointAt(lngLat.lng, lngLat.lat);
  });
  for (const layer of ["calls"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  await refresh();
  show();
  setInterval(refresh, 4000);
  box.dataset.ready = "1";
}

export async function refresh() {
  if (!map || document.hidden) return;
  const answer = await fetch("/console/live").catch(() => null);
  if (!answer?.ok || answer.redirected) return; // redirected: signed out
  const live = await answer.json();
  ({ calls, units } = live);
  map.getSource("units").setData(collection(units.map(unitFeature)));
  map.getSource("closed").setData(collection(live.closed.flatMap(closedFeatures)));
  drawCalls();
  drawJoins();
}

const closedFeatures = ({ line, reason }) => [
  { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } },
  pointFeature((line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2, { reason }),
];

const unitFeature = (unit) =>
  pointFeature(unit.lon, unit.lat, {
    icon: `unit-${unit.meaning}${unit.stale ? "-stale" : ""}`, call_sign: unit.call_sign, order: WEIGHT[unit.meaning] ?? 0,
  });

function drawCalls() {
  const shown = calls.map((call) => callFeature(call, call.id === chosen?.id));
  if (chosen?.lon && !calls.some((call) => call.id === chosen.id)) {
    shown.push(callFeature({ ...chosen, point: [chosen.lon, chosen.lat], waiting: false, late: false }, true));
  }
  map.getSource("calls").setData(collection(shown));
}

const callFeature = (call, isChosen) =>
  pointFeature(...call.point, {
    id: call.id, chosen: isChosen, order: 10 - call.priority,
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
  map.getSource("joins").setData(collection(chosen?.lon ? joinFeatures(shown, [chosen.lon, chosen.lat]) : []));
}

/** Units that stand close together share a line and its label. */
function joinFeatures(from, here) {
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
    return [{ type: "Feature", properties: { sent: Boolean(first.sent) }, geometry: line }, pointFeature(first.lon, first.lat, { words })];
  });
}

/** Show the block and its leader for a point, and mark it. */
export function pointAt(lon, lat, { fly = false, quiet = false, text, kind = "street" } = {}) {
  pointed = { lon: lon.toFixed(7), lat: lat.toFixed(7), text, kind };
  map?.getSource("point").setData(collection([pointFeature(lon, lat, {})]));
  if (fly) map?.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 15), duration: motion(300) });
  card.hidden = false;
  load(`/console/point?lon=${pointed.lon}&lat=${pointed.lat}`, card);
  if (!quiet) box.dispatchEvent(new CustomEvent("pointed", { detail: pointed, bubbles: true }));
}

export function unpoint() {
  pointed = null;
  card.hidden = true;
  map?.getSource("point").setData(collection([]));
}

export const lastPoint = () => pointed;

const motion = (ms) => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms);
