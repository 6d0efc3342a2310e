/** Buttons of the case panel that fetch a form or a list: whatever is typed until it is there is meant for it. */
import { fail, give, hold, holds, taken } from "./ahead.js";
import { press } from "./keys.js";
import { placeOf } from "./swap.js";

const panel = document.getElementById("case");
let opener = null; // whose answer is awaited; the answer of any other is too late

const fetches = (element) => element.matches("#case button[hx-get]");
const meaning = (element) => element.getAttribute("hx-get");

panel.addEventListener("click", ({ target }) => {
  const button = target.closest("button[hx-get]");
  if (!button) return;
  opener = button;
  hold(meaning(button));
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const { sourceElement: source } = ctx;
  if (event.defaultPrevented || !source.matches("button[hx-get]") || ctx.response.status >= 400) return;
  if (source !== opener || !panel.contains(source) || panel.inert || !holds(meaning(source))) event.preventDefault(); // it was put away, or is another case's
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!fetches(ctx.sourceElement) || ctx.sourceElement !== opener || ctx.response.status >= 400) return;
  const place = placeOf(ctx);
  const form = place.querySelector(".actform");
  opener = null;
  if (form) return give(meaning(ctx.sourceElement), form);
  const text = taken().join("");
  ctx.sourceElement.focus({ preventScroll: true });
  choose(place, text);
});

/** A list gets the digits that choose from it; nothing is sent that was not seen. */
function choose(list, text) {
  for (const digit of text.replace(/\D/g, "")) {
    const one = list.querySelector(`[data-key="${digit}"]`);
    if (one) press(one);
  }
}

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== opener) return;
  opener = null;
  fail(meaning(ctx.sourceElement));
});
