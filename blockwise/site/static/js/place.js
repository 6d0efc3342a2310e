/** The place input: hits are walked with the arrows and taken with Enter; taking one shows who answers there. */
import { load } from "./swap.js";
import { word } from "./words.js";

const box = (element) => element.closest("[data-place]");
const hits = (place) => [...place.querySelectorAll(".hit")];

/** What Enter takes by itself; a guess is for a person to choose. */
const firstPlace = (place) => hits(place).find((hit) => !hit.matches(".unplaced, [data-found=guess]"));
const part = (place, name) => place.querySelector(`[name="place.${name}"]`);

function set(place, name, value) {
  if (part(place, name) && value !== undefined) part(place, name).value = value;
}

/** What was found, is walked over and is taken is read out: a place is chosen without seeing a map. */
const heard = document.body.appendChild(Object.assign(document.createElement("p"), { id: "heard", className: "spoken" }));
heard.setAttribute("role", "status");
const said = (hit) => [...hit.children].map((part) => part.textContent.trim()).join(", ");

function choose(place, hit) {
  heard.textContent = word("placed", { place: said(hit) });
  take(place, hit.dataset);
}

/** There is no place yet: the words stay as they are, and a block answers until somebody finds it. */
function wait(place, { block }) {
  remember(place);
  for (const name of ["lon", "lat"]) set(place, name, "");
  set(place, "said", place.dataset.words ?? "");
  set(place, "found", "none");
  set(place, "block", block ?? place.dataset.home);
  if (block) set(place, "text", ""); // it was the beginning of the block's name
  place.dataset.from = "none";
  open(place, []);
  answer(place);
  place.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
}

/** The caller's words for a place that a case had before this form stay, whatever is chosen in it. */
function remember(place) {
  if (!place.dataset.from || place.dataset.from === "none") place.dataset.words ||= part(place, "said")?.value ?? "";
}

export function take(place, { lon, lat, text, also, kind, found = "point", block, said }) {
  if (found === "none") return wait(place, { block });
  const typed = part(place, "text")?.value.trim();
  set(place, "lon", lon);
  set(place, "lat", lat);
  if (text === undefined && place.dataset.from === "hit") set(place, "text", ""); // the words of another place
  remember(place);
  const own = text !== undefined && typed !== text && !also?.startsWith(typed) ? typed : ""; // its name in the other language is no words of a caller's
  if (place.dataset.from !== "hit") set(place, "said", place.dataset.words || (said ?? own)); // nor is a link
  set(place, "text", text);
  set(place, "kind", kind);
  set(place, "found", found);
  place.dataset.from = text === undefined ? "map" : "hit";
  open(place, []);
  answer(place);
  const detail = { lon: Number(lon), lat: Number(lat), text, kind };
  place.dispatchEvent(new CustomEvent("placed", { bubbles: true, detail }));
}

/** Show which hits there are to choose from; none puts them away. */
function open(place, found) {
  const input = place.querySelector("[role=combobox]");
  if (!found.length) place.querySelector(".hits").replaceChildren();
  found.forEach((hit, index) => (hit.id = `${input.id}-${index}`));
  input.setAttribute("aria-expanded", String(found.length > 0));
  input.removeAttribute("aria-activedescendant");
}

/** Who answers there and, in a form, what would be saved: what was shown before is no longer true. */
export function answer(place) {
  const answers = place.querySelector(".answers");
  if (!answers) return;
  showSaves(place, null);
  answers.replaceChildren();
  const given = new URLSearchParams();
  for (const input of place.querySelectorAll("[name^='place.']")) given.set(input.name, input.value.trim());
  if (placed(place)) load(`/places/at?${given}`, answers);
}

const placed = (place) => (part(place, "lon")?.value && part(place, "lat")?.value) || part(place, "found")?.value === "none";

/** What would be saved stands beside the button too. */
function showSaves(place, words) {
  const saves = place.closest("form")?.querySelector("[data-saves]");
  if (saves) saves.replaceChildren(...(words ? [...words.cloneNode(true).childNodes] : []));
}

let later = null;
const soon = (place) => {
  clearTimeout(later);
  showSaves(place, null);
  place.querySelector("[name='place.shown']")?.remove();
  later = setTimeout(() => place.isConnected && answer(place), 200);
};

/** Its hits were put away, and nothing was chosen: they are asked for again. */
function seek(place) {
  const list = place.querySelector(".hits");
  const words = place.querySelector("[role=combobox]");
  load(`${words.getAttribute("hx-get")}${words.getAttribute("hx-get").includes("?") ? "&" : "?"}q=${encodeURIComponent(words.value)}`, list);
}

/** An Enter waited for hits, and there are none to take. */
function vain(place) {
  delete place.dataset.enter;
  place.dispatchEvent(new CustomEvent("notfound", { bubbles: true }));
}

function walk(place, step) {
  const all = hits(place);
  if (!all.length) return;
  const now = all.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  all.forEach((hit) => hit.setAttribute("aria-selected", "false"));
  const next = now < 0 && step < 0 ? all.at(-1) : all[(now + step + all.length) % all.length];
  next.setAttribute("aria-selected", "true");
  if (next.matches(".unplaced")) place.dataset.walked = next.dataset.block ?? "";
  else delete place.dataset.walked;
  place.querySelector("[role=combobox]").setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
  heard.textContent = said(next);
}

/** Hits that are shown and belong to other words than those in the box are none to take. */
const wordsIn = (place) => place.querySelector("[role=combobox]").value;
const current = (place) => place.dataset.shown === wordsIn(place);

/** Words were typed that no list of hits answers yet; beside a point on the map they are only words, unless hits stand. */
const awaited = (place) =>
  wordsIn(place) && place.dataset.typed !== undefined && !current(place) && (hits(place).length || !["hit", "map"].includes(place.dataset.from));

/** Other words are another place; a point on the map stays, whatever is said about it, and what is said is shown. */
function typed(place) {
  delete place.dataset.enter;
  delete place.dataset.walked;
  place.dataset.typed = "";
  if (!wordsIn(place)) open(place, []); // hits for words that are gone are none to take
  if (["map", "none"].includes(place.dataset.from)) return soon(place);
  if (place.dataset.from !== "hit") return;
  for (const name of ["lon", "lat", "found"]) set(place, name, "");
  set(place, "said", place.dataset.words ?? "");
  delete place.dataset.from;
  place.querySelector(".answers")?.replaceChildren();
  showSaves(place, null);
  place.dispatchEvent(new CustomEvent("unplaced", { bubbles: true }));
}

document.addEventListener("input", ({ target }) => target.matches?.("[data-place] [role=combobox]") && typed(box(target)));

document.addEventListener("keydown", (event) => {
  if (event.isComposing || !event.target.matches?.("[data-place] [role=combobox]")) return;
  const place = box(event.target);
  if (event.key === "ArrowDown") walk(place, 1);
  else if (event.key === "ArrowUp") walk(place, -1);
  else if (event.key === "Enter" && !event.ctrlKey && awaited(place)) place.dataset.enter = "";
  else if (event.key === "Enter" && !event.ctrlKey && hits(place).length) {
    const chosen = hits(place).find((hit) => hit.getAttribute("aria-selected") === "true") ?? firstPlace(place);
    if (chosen) choose(place, chosen);
    else walk(place, 1); // that there is no place yet is for a person to say
  } else if (event.key === "Enter" && !event.ctrlKey && place.dataset.home && !event.target.value && !place.dataset.from) {
    wait(place, {});
  } else if (event.key === "Enter" && !event.ctrlKey && wordsIn(place) && !placed(place)) seek(place);
  else return;
  event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const hit = target.closest?.("[data-place] .hit");
  if (hit) choose(box(hit), hit);
});

document.addEventListener("change", ({ target }) => {
  const place = target.matches?.('[name="place.lon"], [name="place.lat"], [name="place.kind"]') && box(target);
  if (!place) return;
  if (target.name === "place.kind") return answer(place);
  if (place.dataset.from === "hit") ["text", "said"].forEach((name) => set(place, name, "")); // the words of another place
  place.dataset.from = "map";
  set(place, "found", "point");
  answer(place);
});

document.addEventListener("given", ({ target }) => target.querySelectorAll("[data-place][data-from]").forEach(answer)); // to be read again before it is saved

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const list = detail.ctx.target;
  if (list?.matches?.("[data-place] .answers")) {
    const place = box(list);
    if (!placed(place)) list.replaceChildren(); // who answers at a place that was given up meanwhile
    showSaves(place, list.querySelector(".readback"));
  }
  for (const shown of list?.querySelectorAll?.("[data-place][data-from] .answers:empty") ?? []) answer(box(shown)); // a form that comes with a place
  if (!list?.matches?.(".hits")) return;
  const place = box(list);
  const given = new URL(detail.ctx.request.action, location).searchParams;
  place.dataset.shown = given.get("q") ?? given.get("place.text") ?? "";
  const count = hits(place).filter((hit) => !hit.matches(".unplaced")).length;
  const none = list.querySelector(".none");
  open(place, hits(place));
  if (none && !hits(place).length) list.replaceChildren(none); // it stays to be seen
  heard.textContent = count ? word("found", { n: count }) : (none?.textContent ?? "");
  const walked = hits(place).find((hit) => hit.matches(".unplaced") && (hit.dataset.block ?? "") === place.dataset.walked);
  walked?.setAttribute("aria-selected", "true"); // that there is no place yet stays chosen, whatever else is found meanwhile
  if (place.dataset.enter === undefined || !current(place)) return;
  if (!firstPlace(place) && !count) return vain(place);
  delete place.dataset.enter;
  if (!firstPlace(place)) return walk(place, 1); // guesses alone
  choose(place, firstPlace(place));
});

/** Of places that are alike, the nearest to the middle of the map comes first. */
document.addEventListener("htmx:config:request", ({ detail: { ctx: { request } } }) => {
  const middle = document.getElementById("map")?.dataset.middle;
  if (middle && request.action.startsWith("/places/find")) request.body.set("near", middle);
});

/** Nobody answered what places there are: that is said, and what was typed stays. */
function unheard({ detail: { ctx } }) {
  const place = ctx.sourceElement.matches?.("[data-place] [role=combobox]") && box(ctx.sourceElement);
  if (!place || (ctx.response?.status ?? 500) < 400) return;
  const none = Object.assign(document.createElement("div"), { className: "none muted small", textContent: word("unsought") });
  place.querySelector(".hits").replaceChildren(none);
  heard.textContent = none.textContent;
  if (place.dataset.enter !== undefined) vain(place);
}

document.addEventListener("htmx:error", unheard);
document.addEventListener("htmx:response:error", unheard);

document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" && !event.isComposing && event.target.closest?.("[data-place]");
  if (!place || !place.querySelector(".hits").childElementCount) return;
  open(place, []);
  event.preventDefault(); // the first Escape puts the hits away, and nothing else
}, true);

document.querySelectorAll("[data-place][data-from]").forEach(answer); // a page that comes with a place
