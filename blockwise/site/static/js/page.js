/** What every page does: clocks tick, keys work, the theme can be switched. */
import * as clock from "./clock.js";
import "./hand.js";
import "./kept.js";
import * as keys from "./keys.js";
import { keep, word } from "./words.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
export const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

function theme() {
  const button = document.getElementById("theme");
  if (!button) return;
  const say = () => (button.textContent = word(dark() ? "light" : "dark"));
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    keep("theme", root.dataset.theme);
    say();
    document.dispatchEvent(new CustomEvent("theme"));
  });
  system.addEventListener("change", () => {
    say();
    document.dispatchEvent(new CustomEvent("theme"));
  });
  say();
}

clock.start();
keys.start();
theme();
