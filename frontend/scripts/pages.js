// Small comforts. Every page works without them.

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

// 모두 동의합니다 follows its boxes and they follow it (REQ-12).
for (const group of document.querySelectorAll("[data-agree-all]")) {
  const all = group.querySelector("[data-all]");
  const boxes = [...group.querySelectorAll("input[type=checkbox][name]")];
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
