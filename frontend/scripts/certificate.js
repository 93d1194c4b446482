// The page that opens a certificate file. Nothing that is chosen or typed here is posted: the inputs have no names, and
// what goes to the server are a signature over its text, the certificate, and R.

import { sorted } from "./certificate/chosen-files.js";
import { droppedFiles } from "./certificate/dropped-files.js";
import { Refusal } from "./certificate/refusal.js";
import { problemOf, signText } from "./certificate/sign.js";

const page = document.querySelector("[data-certificate]");
const form = page.querySelector("form");
const part = (name) => page.querySelector(`[data-part=${name}]`);
const [chosen, list, password, said, busy] = ["chosen", "list", "password", "said", "busy"].map(part);
const words = page.querySelector("template").content;
const sentence = (code) => (words.querySelector(`[data-word=${code}]`) ?? words.querySelector("[data-word=failed]")).textContent;

// The server's clock, as far as the page knows it: members' own are wrong more often.
const opened = performance.now();
const now = () => new Date(Date.parse(page.dataset.now) + performance.now() - opened);
const accepted = page.dataset.accepted.split(" ").filter(Boolean);
const dates = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul", dateStyle: "short" });

let candidates = [];
let working = false;
let round = 0;

part("without").hidden = true;
if (globalThis.crypto?.subtle) start();
else refuse(new Refusal("insecure"));

function start() {
  form.hidden = false;
  for (const input of page.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => choose(() => input.files));
  }
  const area = part("area");
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    choose(() => droppedFiles(event.dataTransfer));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    delete form.dataset.sent;
    if (!working) sign();
  });
  const left = Date.parse(page.dataset.endsAt) - now();
  setTimeout(() => !working && refuse(new Refusal("late")), Math.max(0, left));
}

// Whoever chooses again while files are still being read wants the last choice.
async function choose(files) {
  round += 1;
  const mine = round;
  candidates = [];
  show([]);
  forget();
  try {
    const found = await sorted(await files());
    if (mine !== round) return;
    // What can be used comes first; what a PFX holds shows only once it is open.
    const rank = ({ details }) => (details ? (problemOf(details, now(), accepted) ? 2 : 0) : 1);
    candidates = found.sort((one, other) => rank(one) - rank(other));
    show(candidates);
  } catch (error) {
    if (mine === round) refuse(error, part("files"));
  }
}

function show(found) {
  list.replaceChildren();
  chosen.hidden = !found.length;
  found.forEach((candidate, index) => {
    const problem = candidate.details && problemOf(candidate.details, now(), accepted);
    const row = words.querySelector("[data-row]").cloneNode(true);
    const [input, label] = [row.querySelector("input"), row.querySelector("label")];
    input.id = `certificate-${index}`;
    input.value = String(index);
    label.htmlFor = input.id;
    row.querySelector("[data-name]").textContent = candidate.details?.name || candidate.name;
    const about = candidate.details
      ? [candidate.details.issuedBy, sentence("until").replace("{day}", dates.format(candidate.details.until))]
      : [sentence("pfx")];
    // Of several by one authority for one company, only their folders tell them apart.
    if (found.length > 1) about.push(candidate.name.split("/").at(-2));
    row.querySelector("[data-about]").textContent = about.filter(Boolean).join(" · ");
    const bad = row.querySelector("[data-problem]");
    bad.hidden = !problem;
    bad.textContent = problem ? sentence(`${problem}-short`) : "";
    input.dataset.problem = problem ?? "";
    list.append(row);
  });
  list.querySelector("input")?.setAttribute("checked", "");
  if (found.length) part("count").textContent = sentence("found").replace("{count}", String(found.length));
}

async function sign() {
  forget();
  const radio = list.querySelector("input:checked");
  if (!radio) return refuse(new Refusal("none"), part("files"));
  if (radio.dataset.problem) return refuse(new Refusal(radio.dataset.problem), radio);
  if (!password.value) return refuse(new Refusal("empty"), password);
  setBusy(true);
  try {
    // A moment for the words to be drawn and read out: opening the oldest kind of file keeps the page busy.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const text = new TextEncoder().encode(page.dataset.readable);
    const made = await signText(text, candidates[Number(radio.value)], password.value, { now: now(), accepted });
    password.value = "";
    candidates = [];
    form.elements.cms.value = made.cms;
    // With a person's certificate R tells their 주민등록번호 to whoever tries them all: only a business's form has a place
    // for it.
    if (form.elements.r) form.elements.r.value = made.r;
    HTMLFormElement.prototype.submit.call(form);
  } catch (error) {
    setBusy(false);
    refuse(error, error.code === "password" ? password : radio);
  }
}

function setBusy(on) {
  working = on;
  form.setAttribute("aria-busy", String(on));
  busy.textContent = on ? sentence("busy") : "";
}

function refuse(error, where) {
  const code = error instanceof Refusal ? error.code : "failed";
  // Beside what it is about: on a phone the top of the page is out of sight.
  where?.closest(".form-group")?.append(said);
  said.querySelector("[data-sentence]").textContent = sentence(code);
  said.hidden = false;
  where?.setAttribute("aria-invalid", "true");
  where?.setAttribute("aria-describedby", "certificate-said");
  where?.closest(".form-conts")?.classList.add("is-error");
  if (code === "late") {
    // Nothing that could be filled in would be taken any more.
    page.prepend(said);
    form.hidden = true;
  }
  if (where === password) password.select();
  where?.focus();
}

function forget() {
  said.hidden = true;
  for (const field of page.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    field.closest(".form-conts")?.classList.remove("is-error");
  }
}

// Back from the next page: the browser may keep this one as it was left.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
