/** What the queue is narrowed to, and how much of it is shown; kept while the tab is open. What is hidden is always
 *  said above the list (response/queue.html). */
const form = document.getElementById("narrow");
const KEPT = "queue";
const STEP = 150;

let rows = STEP;
let apart = document.body.dataset.chosen; // the case whose row is wanted wherever it stands

const chosen = () => [...new FormData(form)].filter(([, value]) => value);

/** The part of an address that asks for it. */
export function query() {
  const asked = new URLSearchParams(chosen());
  if (rows > STEP) asked.set("rows", rows);
  if (apart) asked.set("with", apart);
  return asked.toString();
}

/** From now on the row of this case is wanted, be it hidden or farther down than what is shown. */
export function show(id) {
  apart = id;
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(chosen()));
}

function give(values) {
  const known = new Map(values);
  for (const input of form.elements) {
    if (input.type === "checkbox") input.checked = known.has(input.name);
    else input.value = known.get(input.name) ?? "";
  }
}

/** `changed` is called whenever other rows are wanted. Whether the queue is narrowed from before. */
export function start(changed) {
  try {
    give(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  } catch {
    sessionStorage.removeItem(KEPT);
  }
  form.addEventListener("change", () => {
    rows = STEP;
    keep();
    changed();
  });
  document.getElementById("queue").addEventListener("click", ({ target }) => {
    if (target.closest("[data-more]")) rows += STEP;
    else if (target.closest("[data-unnarrow]")) {
      give([]);
      rows = STEP;
      keep();
    } else return;
    changed();
  });
  return chosen().length > 0;
}
