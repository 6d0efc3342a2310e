// Lets the browser itself be a way: it asks its push service, and the form sends what that answered.
const form = document.querySelector("form[data-push]");
const { carrier, address, point, secret } = form.elements;
const fault = form.querySelector("[data-fault]");

if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  const choice = carrier.querySelector("option[value=push]");
  choice.hidden = choice.disabled = false;
}

function chosen() {
  const typed = carrier.value !== "push";
  address.disabled = !typed;
  for (const part of form.querySelectorAll("[data-typed]")) part.hidden = !typed;
  for (const part of form.querySelectorAll("[data-here]")) part.hidden = typed;
}

async function worker() {
  const found = await navigator.serviceWorker.register(form.dataset.worker);
  const coming = found.installing ?? found.waiting;
  if (coming && !found.active) {
    await new Promise((done) => coming.addEventListener("statechange", () => coming.state === "activated" && done()));
  }
  return found.pushManager;
}

// A subscription that was made for another key of the server is of no use any more.
async function subscription() {
  const asked = { userVisibleOnly: true, applicationServerKey: form.dataset.push };
  const manager = await worker();
  try {
    return await manager.subscribe(asked);
  } catch (found) {
    const old = await manager.getSubscription();
    if (!old) throw found;
    await old.unsubscribe();
    return manager.subscribe(asked);
  }
}

form.addEventListener("submit", async (event) => {
  if (carrier.value !== "push") return;
  event.preventDefault();
  fault.hidden = true;
  try {
    const { endpoint, keys } = (await subscription()).toJSON();
    address.disabled = false;
    [address.value, point.value, secret.value] = [endpoint, keys.p256dh, keys.auth];
    form.submit();
  } catch {
    fault.hidden = false;
  }
});

carrier.addEventListener("change", chosen);
chosen();
