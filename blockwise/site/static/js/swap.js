/** htmx, with the clocks of what it brings in ticking at once. */
import htmx from "/static/vendor/htmx/htmx.esm.min.js";
import { tick } from "./clock.js";
import { csrf, word } from "./words.js";

document.addEventListener("htmx:config:request", ({ detail }) => {
  if (detail.ctx.request.method !== "GET") detail.ctx.request.headers["X-CSRFToken"] = csrf();
});
document.addEventListener("htmx:after:swap", () => tick());
document.addEventListener("htmx:error", ({ detail, target }) => {
  const place = target.closest("[data-refusal]")?.querySelector(".refusal") ?? document.getElementById("refusal");
  if (place && detail.ctx?.request?.method !== "GET") place.textContent = word("failed");
});

/** Fetch a piece of the page into `target`, which is its own queue: what is asked last counts (hx-sync). */
export const load = (url, target, swap = "innerHTML") => htmx.ajax("GET", url, { source: target, target, swap });
