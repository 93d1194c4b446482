// After signing out: shows how relying parties are told, and goes on once their pages have been opened.

const PATIENCE = 4000;
const BETWEEN_LOOKS = 1000;
const LOOKS = 30;

const list = document.querySelector("[data-services]");
const onward = document.querySelector("[data-goes-on]");
const frames = [...document.querySelectorAll("iframe[data-frame]")];
const rows = list ? [...list.children] : [];

function show(row, state) {
  if (row.dataset.state === state) return;
  row.dataset.state = state;
  const badge = document.querySelector(`template[data-badge-of="${state}"]`).content.cloneNode(true);
  row.querySelector("[data-badge]").replaceWith(badge);
}

// What the browser opens is told when its page is there. A page that fails looks the same from here.
function opened(frame) {
  frame.dataset.opened = "yes";
  const row = rows[Number(frame.dataset.frame)];
  if (row.dataset.state === "telling" && row.dataset.by === "browser") show(row, "told");
}

for (const frame of frames) {
  const row = rows[Number(frame.dataset.frame)];
  if (row.dataset.state === "asked") {
    row.dataset.by = "browser";
    show(row, "telling");
  }
  frame.addEventListener("load", () => opened(frame));
}

let gone = false;
function goOn() {
  if (gone) return;
  gone = true;
  for (const frame of frames) if (!frame.dataset.opened) giveUp(frame);
  // In this page's place: 뒤로 must not lead back to where one is sent on from.
  if (onward) location.replace(onward.href);
}

function giveUp(frame) {
  const row = rows[Number(frame.dataset.frame)];
  if (row.dataset.by === "browser") show(row, "asked");
}

// Waits for every frame, also those that were faster than this script.
window.addEventListener("load", () => {
  frames.forEach(opened);
  goOn();
});
setTimeout(goOn, PATIENCE);

async function look(left) {
  try {
    const answer = await fetch(list.dataset.services, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
    });
    if (!answer.ok) return;
    const { services, settled } = await answer.json();
    services.forEach((state, index) => {
      if (state !== "asked" && state !== "untold") show(rows[index], state);
    });
    if (settled) {
      document.querySelector("[data-while-telling]")?.remove();
      const status = document.querySelector("[data-all-told]");
      if (services.every((state) => state === "told" || state === "asked")) status.textContent = status.dataset.allTold;
      return;
    }
  } catch {
    // The server does not answer: the next look may find it.
  }
  if (left > 0) setTimeout(() => look(left - 1), BETWEEN_LOOKS);
}
if (rows.some((row) => row.dataset.state === "telling" && row.dataset.by !== "browser")) look(LOOKS);
