// Passkeys: making one on a member's own page, using one on the sign-in pages. Without this script, and in browsers that
// cannot do it, the pages offer what they offer anyway. WebAuthn Level 3 §5.1, §5.10 (JSON).

const octets = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

// Browsers older than the JSON methods of the specification do the same by hand.
function fromJson(options) {
  const described = (each) => ({ ...each, id: octets(each.id) });
  const read = { ...options, challenge: octets(options.challenge) };
  if (options.user) read.user = { ...options.user, id: octets(options.user.id) };
  if (options.allowCredentials) read.allowCredentials = options.allowCredentials.map(described);
  if (options.excludeCredentials) read.excludeCredentials = options.excludeCredentials.map(described);
  return read;
}

function toJson(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    said.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said });
}

async function asked(form) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.options, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no options");
  return fromJson(await answer.json());
}

function send(form, credential) {
  form.elements.credential.value = toJson(credential);
  form.requestSubmit();
}

let waiting = null;

async function act(form) {
  const said = form.querySelector("[data-passkey-said]");
  said.hidden = true;
  // Only one request may wait: the one behind the autofill list gives way.
  waiting?.abort();
  try {
    const publicKey = await asked(form);
    const made =
      form.dataset.passkey === "register"
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
    send(form, made);
  } catch {
    said.hidden = false;
  }
}

async function offerAutofill(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  try {
    const publicKey = await asked(form);
    const { signal } = waiting;
    send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal }));
  } catch {
    // Nobody picked one, or the button was pressed: the form stays as it is.
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.querySelector("[data-passkey-button]").addEventListener("click", () => act(form));
    if (form.dataset.passkey === "sign-in") offerAutofill(form);
  }
}
