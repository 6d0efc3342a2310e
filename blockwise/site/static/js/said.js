/** What cannot be said where it happened: the last three, each until it is put away. */
const box = document.getElementById("said");

/** Say something; `id` is the case that it is about. */
export function say(words, id = null) {
  const line = document.createElement("p");
  line.append(words, " ");
  if (id) line.append(Object.assign(document.createElement("a"), { href: `/console/${id}/`, textContent: id }), " ");
  line.querySelector("a")?.setAttribute("data-case", id);
  const away = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  away.setAttribute("aria-label", box.dataset.close);
  away.addEventListener("click", () => line.remove());
  line.append(away);
  box.append(line);
  while (box.children.length > 3) box.firstElementChild.remove();
}
