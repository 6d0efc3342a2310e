/** A type by typing (WAI-ARIA's combobox with a list): its code, words, pinyin or first letters; Enter takes the first.
 *  It stands over the plain select, which keeps the value and is all there is without scripts. */
import { word } from "./words.js";

const MOST = 40;
const RECENT = 6;
const WORDS = /[\s,，·]+/;

class TypeBox extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    this.select = this.querySelector("select");
    this.list = Object.assign(document.createElement("div"), { className: "hits types", id: `${this.select.id}-list`, role: "listbox" });
    this.list.setAttribute("aria-label", this.dataset.label);
    this.input = field(this.select, this.list);
    this.select.hidden = true;
    this.select.before(this.input, this.list);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("focus", () => this.entered());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
    this.list.addEventListener("click", ({ target }) => this.take(target.closest("[role=option]")));
    this.select.addEventListener("change", () => this.show());
    this.show();
  }

  /** The words of what is chosen, and its priority where the form asks for one. */
  show() {
    const { option } = this;
    this.input.value = option?.value ? option.text : "";
    this.input.setCustomValidity("");
    const own = this.select.form?.querySelector("[name=priority] option[value='']");
    if (own) own.textContent = option?.value ? word("bytype", { n: option.dataset.priority }) : word("astype");
  }

  get option() {
    return this.select.selectedOptions[0];
  }

  entered() {
    this.input.select();
    if (!this.input.value) this.open(this.usual());
  }

  /** Other words are no choice until one is taken. */
  typed() {
    const text = this.input.value.trim();
    this.select.value = "";
    this.input.setCustomValidity(text ? word("choosetype") : "");
    this.open(text ? matches(this.options, text) : this.usual());
    if (text) this.mark(0);
  }

  get options() {
    return [...this.select.options].filter((option) => option.value);
  }

  /** Those taken last, then all in the order of the kind. */
  usual() {
    const recent = recentOf(this.select).flatMap((code) => this.options.filter((option) => option.value === code));
    return [...new Set([...recent, ...this.options])];
  }

  open(found) {
    this.list.replaceChildren(...found.slice(0, MOST).map(row));
    if (!found.length) this.list.append(Object.assign(document.createElement("p"), { className: "muted small", role: "status", textContent: word("notype") }));
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  get rows() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  get marked() {
    return this.rows.find((one) => one.getAttribute("aria-selected") === "true");
  }

  mark(index) {
    const all = this.rows;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === index)));
    if (!all[index]) return;
    this.input.setAttribute("aria-activedescendant", all[index].id);
    all[index].scrollIntoView({ block: "nearest" });
  }

  walk(step) {
    if (!this.rows.length) return this.open(this.usual());
    const now = this.rows.indexOf(this.marked);
    this.mark(now < 0 && step < 0 ? this.rows.length - 1 : (now + step + this.rows.length) % this.rows.length);
  }

  take(one) {
    if (!one) return;
    this.select.value = one.dataset.code;
    remember(this.select);
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
    this.close();
  }

  key(event) {
    if (event.isComposing) return;
    const open = this.rows.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.walk(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Escape" && open) this.put(event);
    else if (event.key === "Enter" && this.marked) {
      this.take(this.marked);
      if (event.ctrlKey) return; // taken, and the form goes on its way
      this.dispatchEvent(new CustomEvent("typechosen", { bubbles: true }));
    } else {
      if (event.key === "Tab") this.take(this.marked);
      return;
    }
    event.preventDefault();
  }

  put(event) {
    event.stopPropagation();
    this.close();
    this.show();
  }
}

function field(select, list) {
  const input = Object.assign(document.createElement("input"), { id: select.id, autocomplete: "off", required: select.required, role: "combobox" });
  select.removeAttribute("id");
  select.required = false;
  for (const [name, value] of Object.entries({ "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, spellcheck: "false" }))
    input.setAttribute(name, value);
  return input;
}

/** A row: priority, type, its branch. */
function row(option, index) {
  const { value, text, dataset } = option;
  const one = Object.assign(document.createElement("div"), { className: "hit", id: `type-${index}`, role: "option" });
  one.dataset.code = value;
  one.setAttribute("aria-selected", "false");
  const piece = (tag, className, textContent) => Object.assign(document.createElement(tag), { className, textContent });
  one.append(piece("span", `p p${dataset.priority}`, dataset.priority), piece("span", "", text), piece("span", "muted", option.parentElement.label ?? ""));
  return one;
}

/** Every word that was typed must be found; the nearer the beginning of a name, the earlier. */
function matches(options, text) {
  const wanted = text.toLowerCase().split(WORDS).filter(Boolean);
  const ranked = options.map((option) => [rank(option, text.toLowerCase(), wanted), option]).filter(([order]) => order < Infinity);
  return ranked.sort(([one], [other]) => one - other).map(([, option]) => option);
}

function rank(option, whole, wanted) {
  const own = option.dataset.find.split("|");
  const above = (option.parentElement.dataset.find ?? "").split("|");
  return Math.max(...wanted.map((part) => Math.min(nearness(own, whole), nearness(own, part), 10 + nearness(above, part))));
}

/** 0 the whole of a name, 1 its beginning, 2 the beginning of a word of it, 3 within it. */
function nearness(names, part) {
  return Math.min(...names.map((name) => {
    const at = part ? name.indexOf(part) : -1;
    if (at < 0) return Infinity;
    if (name === part) return 0;
    if (at === 0) return 1;
    return /[\s.]/.test(name[at - 1]) ? 2 : 3;
  }));
}

const nameOf = (select) => `types ${document.body.dataset.person} ${select.dataset.kind}`;

function recentOf(select) {
  try {
    return JSON.parse(localStorage.getItem(nameOf(select)) ?? "[]");
  } catch {
    return [];
  }
}

function remember(select) {
  const codes = [select.value, ...recentOf(select).filter((code) => code !== select.value)].slice(0, RECENT);
  try {
    localStorage.setItem(nameOf(select), JSON.stringify(codes));
  } catch {
    // a browser that keeps nothing has no recent ones
  }
}

customElements.define("type-box", TypeBox);
