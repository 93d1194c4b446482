// How long the session has left: counted down, announced before the end, prolonged by [연장] without leaving the page.

const clock = document.querySelector("[data-session-clock]");
if (clock) watch(clock);

function watch(clock) {
  const time = clock.querySelector("[data-time]");
  const form = clock.querySelector("[data-extend]");
  const buttons = clock.querySelectorAll("button");
  const warning = clock.querySelector("[data-warning]");
  const warningText = clock.querySelector("[data-warning-text]");
  const status = clock.querySelector("[data-status]");
  const alarm = clock.querySelector("[data-alert]");
  const words = clock.dataset;
  // Other tabs of the member's may prolong the session; each then looks for itself.
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session-clock") : null;
  const announced = new Set();
  let final = words.final === "yes";
  let over = false;
  let asking = false;
  let failed = false;
  // By the wall clock, not by ticks: a machine that slept comes back to what is really left.
  let endsAt = Date.now() + Number(words.left) * 1000;

  const left = () => Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
  const said = (seconds) =>
    words.format
      .replace("{m}", String(Math.floor(seconds / 60)).padStart(2, "0"))
      .replace("{s}", String(seconds % 60).padStart(2, "0"));

  function set(answer) {
    endsAt = Date.now() + answer.left * 1000;
    final = answer.final;
    failed = false;
    offer();
    for (const mark of announced) if (answer.left > mark) announced.delete(mark);
    show();
  }

  function offer() {
    for (const button of buttons) button.hidden = final;
  }

  function show() {
    const seconds = left();
    time.textContent = said(seconds);
    const soon = seconds <= 120;
    clock.classList.toggle("soon", soon);
    warning.hidden = !soon && !failed;
    const sentence = (final ? words.soonFinal : words.soon).replace("{t}", said(seconds));
    warningText.textContent = failed ? words.failed : sentence;
    // Said once each: to whoever listens politely at two minutes, at once at thirty seconds.
    for (const mark of [120, 30]) {
      if (seconds > mark || seconds === 0 || announced.has(mark)) continue;
      announced.add(mark);
      (mark === 30 ? alarm : status).textContent = sentence;
    }
  }

  async function ask(path, options) {
    const response = await fetch(path, {
      ...options,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
    });
    if (response.status === 401) return { left: 0, final: true };
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  // Looking does not prolong the session.
  async function look() {
    if (over || asking) return;
    asking = true;
    try {
      const answer = await ask("/account/session");
      if (answer.left > 0) set(answer);
      else end();
    } catch {
      // Nobody answers: what this page knows is all there is.
      if (left() === 0) end();
    } finally {
      asking = false;
    }
  }

  function end() {
    over = true;
    clearInterval(ticking);
    tabs?.close();
    const message = document.querySelector("[data-session-over]");
    // What was on the page is the member's own, and whoever sits here now may be somebody else.
    for (const sibling of [...message.parentElement.children]) if (sibling !== message) sibling.remove();
    for (const part of document.querySelectorAll("[data-session-clock], .header-actions")) part.remove();
    message.hidden = false;
    const title = message.querySelector("[role=heading]");
    document.title = title.textContent;
    title.focus();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await ask(form.action, { method: "POST", body: new FormData(form) });
      if (answer.left === 0) {
        end();
        return;
      }
      set(answer);
      tabs?.postMessage("extended");
      status.textContent = words.extended.replace("{t}", said(left()));
    } catch {
      failed = true;
      alarm.textContent = words.failed;
      show();
    }
  });

  if (tabs) tabs.onmessage = look;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  window.addEventListener("pageshow", (event) => {
    // Back from another page: the countdown was frozen with this one.
    if (event.persisted) look();
  });
  const ticking = setInterval(() => {
    if (left() === 0) look();
    else show();
  }, 1000);
  offer();
  show();
  tabs?.postMessage("loaded");
}
