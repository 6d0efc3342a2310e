/** A question that is asked only when others are answered so: hidden and not sent until then. Without scripts it is there, with
 *  a word on when it is asked, and the server decides. */
const watched = new WeakSet();

class WhenPart extends HTMLElement {
  connectedCallback() {
    const form = this.closest("form");
    if (!form) return;
    if (!watched.has(form)) for (const type of ["input", "change", "given"]) form.addEventListener(type, () => show(form));
    watched.add(form);
    show(form);
  }
}

const inputsOf = (part) => [...part.querySelectorAll("input, select, textarea")];

function put(part, asked) {
  part.hidden = !asked;
  for (const input of inputsOf(part)) input.disabled = !asked;
}

function need(part, needed) {
  const [only, more] = inputsOf(part);
  if (!more && only.type !== "checkbox") only.required = needed;
  const words = part.querySelector(":scope > [data-words]");
  words.textContent = words.dataset.words;
  words.hidden = !needed;
}

/** Questions that hang on one another settle round by round, one more in each. */
function show(form) {
  const parts = [...form.querySelectorAll("when-part")];
  for (const _round of parts) {
    for (const part of parts) put(part, holds(form, part.dataset.asked));
  }
  for (const part of parts) need(part, !part.hidden && part.dataset.needed !== "" && holds(form, part.dataset.needed));
}

const holds = (form, condition) => JSON.parse(condition).every(([name, wanted]) => answers(form, name).some((one) => wanted.some((code) => is(name, one, code))));

/** A type is of its branches too. */
const is = (name, one, code) => one === code || (name === "type" && one.startsWith(`${code}.`));

/** What is chosen; a yes or no that is not ticked, or not asked, is a no. */
function answers(form, name) {
  const all = [...form.elements].filter((input) => input.name === name);
  const there = all.filter((input) => !input.disabled);
  if (all[0]?.type === "checkbox" && !all[0].hasAttribute("value")) return [String(there.some((input) => input.checked))];
  return there.filter((input) => input.type !== "checkbox" || input.checked).map((input) => input.value).filter(Boolean);
}

customElements.define("when-part", WhenPart);
