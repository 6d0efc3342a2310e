/** Below a desk's width one part of the console fills the screen: the queue, the case, the map or the units. What works in
 *  another part shows that part, a key too; calls of priority 1 without a unit are told above every one of them. */
import { word } from "./words.js";

const desk = document.querySelector(".desk");
const tabs = [...document.querySelectorAll("#parts button")];
const urgent = document.getElementById("urgent");
const more = document.getElementById("more");

export function show(name) {
  desk.dataset.shown = name;
  const now = tabs.findIndex((tab) => tab.dataset.show === name);
  tabs.forEach((tab, place) => {
    tab.toggleAttribute("aria-current", place === now);
    tab.removeAttribute("data-key");
  });
  tabs[(now + 1) % tabs.length].dataset.key = "]";
  tabs.at(now - 1).dataset.key = "[";
}

/** The calls of priority 1 to which nobody was sent, by their numbers, the one that waits longest last. */
export function tell(ids) {
  urgent.hidden = !ids.length;
  urgent.textContent = word("urgent", { n: ids.length });
  urgent.dataset.case = ids.at(-1) ?? "";
}

const walks = ({ id }) => (id === "next" || id === "previous") && desk.dataset.shown === "case"; // from case to case

document.addEventListener("pressed", ({ target }) => {
  const part = target.closest("[data-part]");
  if (part && !walks(target)) show(target.dataset.shows ?? part.dataset.part);
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("a[data-case], #urgent, [data-choose], #take-call, #take-again")) show("case");
  else if (target.closest("#units [data-unit]")) show("map"); // its card lies on the map
  else if (target.closest("#parts button")) show(target.closest("button").dataset.show);
});
document.addEventListener("case", () => show("case"));
document.addEventListener("placed", ({ target }) => target.id === "find" && show("map"));
more.addEventListener("click", () => {
  const open = more.getAttribute("aria-expanded") !== "true";
  more.setAttribute("aria-expanded", String(open));
  more.parentElement.toggleAttribute("data-more", open);
});

show(document.body.dataset.chosen ? "case" : "queue");
