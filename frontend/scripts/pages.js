// Small comforts. Every page works without them.

import "./session-clock.js";

// The first thing that went wrong is where the reader should be.
const firstInvalid = document.querySelector('[aria-invalid="true"]') ?? document.querySelector("[data-focus]");
firstInvalid?.focus();

for (const eye of document.querySelectorAll(".password-eye")) {
  const input = document.getElementById(eye.getAttribute("aria-controls"));
  const icon = eye.querySelector(".svg-icon");
  eye.hidden = false;
  eye.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    eye.setAttribute("aria-pressed", String(shown));
    icon.classList.toggle("ico-pw-visible", !shown);
    icon.classList.toggle("ico-pw-visible-on", shown);
  });
  // A password left readable must not stay in the browser's form memory.
  input.form?.addEventListener("submit", () => {
    input.type = "password";
  });
}

// A second press must not send a form twice. The button itself stays enabled: a disabled one drops its value.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

// 모두 동의합니다 follows its boxes and they follow it (REQ-12).
for (const group of document.querySelectorAll("[data-agree-all]")) {
  const all = group.querySelector("[data-all]");
  if (!all) continue;
  const boxes = [...group.querySelectorAll("input[type=checkbox][name]:enabled:not([data-apart])")];
  const follow = () => {
    const agreed = boxes.filter((box) => box.checked).length;
    all.checked = agreed === boxes.length;
    all.indeterminate = agreed > 0 && agreed < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) box.addEventListener("change", follow);
  follow();
}

// A domain that was chosen is filled in; 직접입력 opens the field again.
for (const row of document.querySelectorAll("[data-email]")) {
  const typed = row.querySelector("#email_domain_typed");
  const chosen = row.querySelector("#email_domain");
  const fill = () => {
    typed.readOnly = chosen.value !== "";
    if (chosen.value) typed.value = chosen.value;
  };
  chosen.addEventListener("change", () => {
    if (!chosen.value) typed.value = "";
    fill();
    if (!chosen.value) typed.focus();
  });
  fill();
}

// 중복확인 asks without leaving the page: passwords, which are never written back, stay where they are.
for (const group of document.querySelectorAll("[data-check-login-id]")) {
  const input = group.querySelector("input");
  const said = group.querySelector("[aria-live]");
  const box = group.querySelector(".form-conts");
  const forget = () => {
    said.replaceChildren();
    input.removeAttribute("aria-invalid");
    box.classList.remove("is-error");
  };
  input.addEventListener("input", forget);
  group.querySelector("button").addEventListener("click", async (event) => {
    event.preventDefault();
    const sent = new FormData(input.form);
    for (const name of ["password", "password_again"]) sent.delete(name);
    sent.set("action", "check_login_id");
    try {
      const answer = await fetch(input.form.getAttribute("action"), { method: "POST", body: new URLSearchParams(sent) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-check-login-id] [aria-live]");
      if (!fresh) throw new Error("another page");
      forget();
      said.replaceChildren(...fresh.childNodes);
      if (said.querySelector(".form-hint-invalid")) {
        input.setAttribute("aria-invalid", "true");
        box.classList.add("is-error");
        input.focus();
      }
    } catch {
      // Whatever stands in the way, the page itself can say it.
      window.location.reload();
    }
  });
}
