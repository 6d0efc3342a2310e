/** Keys. Anything with `data-key` is worked by that key: buttons and links are pressed, inputs are entered.
 *  What the overlay (`?`) lists is what the page holds at that moment, so it cannot be out of date. */
import { word } from "./words.js";

export const typing = (target) =>
  target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox]):not([type=radio])");

const visible = (element) => element.checkVisibility({ visibilityProperty: true }) || element.matches(".spoken, .spoken *") || inOtherPart(element);

/** In a part of the console that another one covers (parts.js): pressed, it comes forward. */
function inOtherPart(element) {
  const part = element.closest("[data-part]");
  return part && !part.checkVisibility() && !element.closest("[hidden], details:not([open])");
}

/** Elements for a key, topmost scope first: an open dialog hides the page behind it. */
function holders() {
  const dialog = document.querySelector("dialog[open]");
  return [...(dialog ?? document).querySelectorAll("[data-key]")].filter(
    (element) => !element.disabled && !element.closest("[inert]") && visible(element),
  );
}

export function press(element) {
  element.dispatchEvent(new CustomEvent("pressed", { bubbles: true }));
  if (element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    if (element.matches("input")) element.focus({ preventScroll: true }); // on a button the next Enter would press it again
    element.click();
  }
}

function overlay(dialog) {
  const groups = new Map();
  for (const element of holders()) {
    const group = element.dataset.keyGroup || "";
    const said = element.dataset.keyWords || element.getAttribute("aria-label") || element.textContent.trim();
    groups.set(group, [...(groups.get(group) ?? []), [element.dataset.key, said.replace(/\s+/g, " ")]]);
  }
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: word("keys") });
  const columns = Object.assign(document.createElement("div"), { className: "keys" });
  for (const [group, keys] of groups) columns.append(section(group, keys));
  dialog.replaceChildren(title, columns);
  dialog.showModal();
}

function section(group, keys) {
  const box = document.createElement("section");
  if (group) box.append(Object.assign(document.createElement("h3"), { textContent: group }));
  const list = document.createElement("dl");
  for (const [key, said] of keys) {
    const name = document.createElement("dt");
    name.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(name, Object.assign(document.createElement("dd"), { textContent: said }));
  }
  box.append(list);
  return box;
}

export function start() {
  const help = document.getElementById("keys-overlay");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) {
      event.target.blur();
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      if (help.open) help.close();
      else overlay(help);
      return;
    }
    const holder = holders().find((element) => element.dataset.key === event.key);
    if (!holder) return;
    event.preventDefault();
    press(holder);
  });
  help.addEventListener("click", () => help.close());
}
