// The time that is left, counted down; 연장 without leaving the page. Without scripts the page says what was left when
// it was made, and 연장 is a form.

const clock = document.querySelector("[data-session-clock]");
const time = clock.querySelector("[data-time]");
const form = clock.querySelector("form");
const warning = document.querySelector("[data-session-warning]");
const status = document.querySelector("[data-session-status]");
const alarm = document.querySelector("[data-session-alert]");
const announced = new Set();
let final = clock.dataset.final === "yes";
// By the wall clock, not by ticks: a machine that slept comes back to what is really left.
let endsAt = Date.now() + Number(clock.dataset.left) * 1000;

const left = () => Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));

function said(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}분 ${two(seconds % 60)}초`;
}

function show() {
  const seconds = left();
  time.textContent = said(seconds);
  warning.hidden = seconds > 120;
  const more = final ? "더 연장할 수 없으니 작업을 저장해 주세요." : "계속 이용하려면 [연장]을 눌러 주세요.";
  const sentence = `${said(seconds)} 뒤 자동으로 로그아웃됩니다. ${more}`;
  if (!warning.hidden) warning.textContent = sentence;
  // Said once each: to whoever listens politely at two minutes, at once at thirty seconds.
  for (const mark of [120, 30]) {
    if (seconds > mark || announced.has(mark)) continue;
    announced.add(mark);
    (mark === 30 ? alarm : status).textContent = sentence;
  }
}

async function ask(path, options) {
  const answer = await fetch(path, { ...options, headers: { Accept: "application/json" }, redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  const told = await answer.json();
  endsAt = Date.now() + told.left * 1000;
  final = told.final;
  if (form) form.hidden = final;
  for (const mark of announced) if (told.left > mark) announced.delete(mark);
  return told.left;
}

// Another tab may have prolonged the session; looking does not.
async function look() {
  try {
    if ((await ask("/session")) > 0) show();
    else location.assign("/");
  } catch {
    if (left() === 0) location.assign("/");
  }
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await ask(form.action, { method: "POST", body: new FormData(form) });
    if (left() === 0) {
      location.assign("/");
      return;
    }
    show();
    status.textContent = `로그인 시간을 연장했습니다. 남은 시간 ${said(left())}`;
  } catch {
    alarm.textContent = "연장하지 못했습니다. 잠시 후 다시 눌러 주세요.";
  }
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") look();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) look();
});
setInterval(() => {
  if (left() === 0) look();
  else show();
}, 1000);
show();
