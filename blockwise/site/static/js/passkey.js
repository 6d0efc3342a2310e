// Asks the browser for a passkey when the form is sent, and sends what it answers.
const form = document.querySelector("form[data-passkey]");
const fault = form.querySelector("[data-fault]");

async function answer() {
  const asked = JSON.parse(document.getElementById("passkey-asked").textContent).publicKey;
  if (form.dataset.passkey === "make") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(await answer());
    form.submit();
  } catch {
    fault.hidden = false;
  }
});
