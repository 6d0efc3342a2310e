/** htmx as every page uses it: clocks in what it brings tick at once, and an answer that is none is not shown as one. */
import htmx from "/static/vendor/htmx/htmx.esm.min.js";
import { tick } from "./clock.js";
import { csrf, word } from "./words.js";

htmx.config.defaultTimeout = 15000;

/** Where an answer goes: a selector where hx-status chose another place. */
export const placeOf = ({ target }) => (typeof target === "string" ? document.querySelector(target) : target);

document.addEventListener("htmx:config:request", ({ detail }) => {
  if (detail.ctx.request.method !== "GET") detail.ctx.request.headers["X-CSRFToken"] = csrf();
});
document.addEventListener("htmx:after:swap", () => tick());
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 200;
  if (status < 400 || (status < 500 && placeOf(ctx)?.matches(".refusal"))) return;
  event.preventDefault();
  failed(ctx, status === 401 ? "signedout" : "failed");
});
document.addEventListener("htmx:error", ({ detail }) => failed(detail.ctx, "failed"));

/** Say it where it was asked for; what nobody sees there any more is for the page to say. */
function failed(ctx, words) {
  const { sourceElement: source, request } = ctx;
  if (ctx.quiet || (request.method === "GET" && !source.matches("button"))) return;
  const near = source.isConnected && !source.closest("[inert]");
  const place = near && (source.closest("[data-refusal]")?.querySelector(".refusal") ?? document.getElementById("refusal"));
  if (place) place.textContent = word(words);
  else document.dispatchEvent(new CustomEvent("unanswered", { detail: { ctx, words } }));
}

/** Fetch a piece of the page into `target`, which is its own queue: what is asked last counts (hx-sync). */
export const load = (url, target, swap = "innerHTML") => htmx.ajax("GET", url, { source: target, target, swap, quiet: true });
