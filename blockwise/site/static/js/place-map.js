/** A form with a place has a map beside it: pointing there fills the place in, and a place found is shown there. */
import { collection, complete, createMap, pointFeature } from "./map.js";
import { take } from "./place.js";
import { word } from "./words.js";

const box = document.getElementById("map");
const place = document.querySelector("[data-place]");
const map = await createMap(box);
const mark = (lon, lat) => map?.getSource("point").setData(collection([pointFeature(lon, lat, {})]));

map?.on("click", ({ lngLat }) => take(place, { lon: lngLat.lng.toFixed(6), lat: lngLat.lat.toFixed(6), kind: "street" }));
document.addEventListener("placed", ({ detail }) => {
  if (!detail) return map?.getSource("point").setData(collection([])); // no place yet
  mark(detail.lon, detail.lat);
  map?.easeTo({ center: [detail.lon, detail.lat], zoom: Math.max(map.getZoom(), 14), duration: 0 });
});
box.dataset.ready = "1";
if (map) complete(map, box);

/** Whoever stands there says so with one tap: a single fix, asked for by hand and kept only as the place. */
if (place && navigator.geolocation && isSecureContext) {
  const here = Object.assign(document.createElement("button"), { type: "button", className: "here", textContent: word("here") });
  const said = Object.assign(document.createElement("span"), { className: "muted small" });
  said.setAttribute("role", "status");
  place.querySelector(".hits").before(here, said);
  const found = ({ coords }) => {
    said.textContent = word("here-within", { n: Math.round(coords.accuracy) });
    take(place, { lon: coords.longitude.toFixed(6), lat: coords.latitude.toFixed(6), kind: "dwelling", found: "sent" });
  };
  here.addEventListener("click", () => {
    said.textContent = word("fix-wait");
    navigator.geolocation.getCurrentPosition(found, () => (said.textContent = word("here-none")), { enableHighAccuracy: true, timeout: 20000 });
  });
}
