// Passkeys: browsers give them to scripts only. A form with data-passkey asks the
// site for the options, has the browser ask its reader, and is then sent as any
// other form, with the browser's answer in its field "answer". "get" signs in,
// "create" enrols.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

function text(buffer) {
  let raw = "";
  for (const b of new Uint8Array(buffer)) raw += String.fromCharCode(b);
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// What the site sends has base64url where the browser wants bytes.
function readable(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const c of list ?? []) c.id = bytes(c.id);
  }
  return options;
}

// And the other way round: newer browsers know how by themselves, those of many
// hospitals do not.
function writable(credential) {
  const r = credential.response;
  const response = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports ? r.getTransports() : [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    response.userHandle = r.userHandle ? text(r.userHandle) : undefined;
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

// The browser's own words name classes of errors, which help nobody.
const said = {
  NotAllowedError: "No passkey was given: it was cancelled, or took too long. You can try again.",
  InvalidStateError: "This device has a passkey for you here already.",
  SecurityError: "This address cannot have passkeys. Open Signalbox by its own name.",
  NotSupportedError: "This device cannot make the kind of passkey that is needed. A phone or a security key can.",
};

async function ask(form, say) {
  const answer = await fetch(form.action + "/begin", { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
  if (!answer.ok) {
    say(answer.headers.get("Content-Type")?.startsWith("text/plain") ? await answer.text() : "Signalbox cannot begin just now. Please reload the page and try again.");
    return;
  }
  const publicKey = readable(await answer.json());
  const credential = form.dataset.passkey === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  form.elements.answer.value = writable(credential);
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const status = form.querySelector("[role=status]");
  const say = (words) => { status.textContent = words; };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!window.PublicKeyCredential) {
      say("This browser has no passkeys for this address. It needs a newer browser, and a site that is reached safely.");
      return;
    }
    say("Your browser asks you now.");
    try {
      await ask(form, say);
    } catch (error) {
      say(said[error.name] ?? "It did not work: " + error.message);
    }
  });
}
