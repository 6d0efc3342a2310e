/** What was typed into a form, taken out of it and given to another one of the same fields. A place is one thing: its words,
 *  its point and how it was found go together, and it is read again before it is saved. */
const OURS = new Set(["key", "version", "csrfmiddlewaretoken", "place.shown"]); // made anew with every form

/** What a form is for: the address of its act, and of which unit. */
export function nameOf(form) {
  const address = form.getAttribute("hx-post") ?? form.getAttribute("hx-get") ?? new URL(form.action).pathname;
  const { unit } = form.elements;
  return unit?.type === "hidden" ? `${address}?unit=${unit.value}` : address;
}

/** Boxes of one name are told apart by what they stand for. */
const isChosen = ({ type }) => type === "checkbox" || type === "radio";
const keyOf = (input) => (isChosen(input) && input.hasAttribute("value") ? `${input.name}=${input.value}` : input.name);
const valueOf = (input) => (isChosen(input) ? input.checked : input.value);
const isAsked = ({ type, dataset }) => !["submit", "button"].includes(type) && (type !== "radio" || "item" in dataset);
const fields = (form) => [...form.elements].filter((input) => input.name && !OURS.has(input.name) && isAsked(input));
const ofPlace = ({ name }) => name.startsWith("place.");

/** Whether it is another than the form came with. */
export function touched(input) {
  if (input.type === "hidden") return false;
  if (isChosen(input)) return input.checked !== input.defaultChecked;
  if (input.tagName !== "SELECT") return input.value !== input.defaultValue;
  return input.value !== ([...input.options].find((option) => option.defaultSelected) ?? input.options[0])?.value;
}

/** Whether anything was typed into it. */
export const begun = (form) => fields(form).some(touched);

/** What the form holds; `wanted`: of its fields only these, and all of its place where one of them is of it. */
export function written(form, wanted = () => true) {
  const chosen = fields(form).filter(wanted);
  const kept = chosen.some(ofPlace) ? [...chosen.filter((input) => !ofPlace(input)), ...fields(form).filter(ofPlace)] : chosen;
  return { from: chosen.some(ofPlace) ? form.querySelector("[data-place]")?.dataset.from : undefined, fields: kept.map((input) => [keyOf(input), valueOf(input)]) };
}

/** What the form gives, as the API takes it: a list of the boxes that are ticked, and the parts of one thing together. */
export function given(form) {
  const told = {};
  for (const [name, value] of [...new FormData(form)].filter(([, one]) => one !== "")) {
    const [whole, part] = name.split(".");
    if (part) (told[whole] ??= {})[part] = value;
    else if (form.querySelector(`input[type=checkbox][value][name="${name}"]`)) (told[name] ??= []).push(value);
    else told[name] = value;
  }
  return told;
}

export function fill(form, typed) {
  for (const [name, value] of typed.fields) {
    const input = fields(form).find((one) => keyOf(one) === name);
    if (!input) continue;
    input[isChosen(input) ? "checked" : "value"] = value;
    if (input.tagName === "SELECT") input.dispatchEvent(new Event("change"));
  }
  const place = form.querySelector("[data-place]");
  if (place && typed.from) place.dataset.from = typed.from;
  form.dispatchEvent(new CustomEvent("given", { bubbles: true }));
}
