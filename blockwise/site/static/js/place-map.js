/** A form with a place has a map beside it: pointing there fills the place in, and a place found is shown there. */
import { collection, createMap, pointFeature } from "./map.js";
import { take } from "./place.js";

const box = document.getElementById("map");
const place = document.querySelector("[data-place]");
const map = await createMap(box, box.dataset.levels.split(" "));
const mark = (lon, lat) => map.getSource("point").setData(collection([pointFeature(lon, lat, {})]));

map.on("click", ({ lngLat }) => take(place, { lon: lngLat.lng.toFixed(6), lat: lngLat.lat.toFixed(6), kind: "street" }));
document.addEventListener("placed", ({ detail }) => {
  mark(detail.lon, detail.lat);
  map.easeTo({ center: [detail.lon, detail.lat], zoom: Math.max(map.getZoom(), 14), duration: 0 });
});
box.dataset.ready = "1";
