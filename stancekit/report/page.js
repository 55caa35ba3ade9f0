"use strict";
const numbers = JSON.parse(document.getElementById("numbers").textContent);
const words = JSON.parse(document.getElementById("words").textContent);
const tools = document.getElementById("tools");
const comments = [...document.querySelectorAll("li[aria-level]")];
const facts = new Map(comments.map((item, i) => [item, numbers.comments[i]]));
const places = new Map(comments.map((item, i) => [item, i]));
const texts = new Map();
const corrections = new Map();
let unsaved = false;

const textOf = (item) => {
  if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
  return texts.get(item);
};

function isWanted(item, wanted) {
  const [, position, , abstained] = facts.get(item);
  const language = item.querySelector(":scope > div")?.lang ?? "";
  return (position < 0 ? wanted.all : wanted.positions.has(position))
    && (!wanted.sure || (abstained > 0) === (wanted.sure === "no"))
    && (!wanted.language || language === wanted.language)
    && (!wanted.search || textOf(item).includes(wanted.search));
}

function filter() {
  const form = new FormData(tools);
  const positions = new Set(form.getAll("position").map(Number));
  const wanted = {
    positions,
    all: positions.size === numbers.codebook.positions.length,
    sure: form.get("sure"),
    language: form.get("language"),
    search: form.get("search").toLowerCase().trim(),
  };
  let shown = 0;
  for (const item of comments) {
    item.hidden = !isWanted(item, wanted);
    shown += !item.hidden;
  }
  tell(shown);
}

function tell(shown) {
  const output = document.getElementById("shown");
  const local = (n) => n.toLocaleString(document.documentElement.lang);
  output.textContent = `${local(shown)} / ${local(comments.length)} ${output.dataset.word}`;
}

const timeOf = (item) => item.querySelector("time")?.textContent ?? "";
const orders = {
  thread: (a, b) => places.get(a) - places.get(b),
  time: (a, b) => timeOf(b).localeCompare(timeOf(a)),
  sure: (a, b) => facts.get(b)[2] - facts.get(a)[2],
  doubt: (a, b) => facts.get(a)[2] - facts.get(b)[2],
};

function sort() {
  const order = tools.elements.sort.value;
  for (const list of document.querySelectorAll(".article > ol")) {
    list.classList.toggle("flat", order !== "thread");
    list.append(...[...list.children].sort((a, b) => orders[order](a, b) || orders.thread(a, b)));
  }
}

let waiting;
tools.addEventListener("input", (event) => {
  if (event.target.name === "sort") return sort();
  clearTimeout(waiting);
  waiting = setTimeout(filter, event.target.name === "search" ? 150 : 0);
});
tools.addEventListener("submit", (event) => event.preventDefault());

const dialog = document.getElementById("fix");
let asked;

function ask(item) {
  asked = item;
  dialog.returnValue = "cancel";
  dialog.showModal();
}

dialog.addEventListener("close", () => {
  const label = dialog.returnValue;
  if (label === "cancel" || label === "") return;
  asked.querySelector("ins.fixed")?.remove();
  corrections.delete(asked);
  if (label !== "back") {
    corrections.set(asked, label);
    const known = numbers.codebook.positions.find(([name]) => name === label);
    const note = document.createElement("ins");
    note.className = "fixed";
    note.textContent = `${words.corrected} ${known ? known[1] : words.no_label}`;
    asked.querySelector("p button").before(note);
  }
  texts.delete(asked);
  unsaved = corrections.size > 0;
  document.getElementById("saving").hidden = !unsaved;
  asked.querySelector("p button").focus();
});

const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;

document.getElementById("save").addEventListener("click", () => {
  const name = document.getElementById("annotator").value.trim() || "reader";
  const rows = [["comment_id", "label", "annotator"]];
  for (const [item, label] of corrections) rows.push([facts.get(item)[0], label, name]);
  const content = rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
  link.download = "corrections.csv";
  link.click();
  unsaved = false;
});
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

function focus(item) {
  item.tabIndex = -1;
  item.focus();
}

const list = document.getElementById("comments");
list.addEventListener("click", (event) => {
  const item = event.target.closest("li[aria-level]");
  if (event.target.closest("li button")) ask(item);
  const link = event.target.closest("li a");
  if (!link) return;
  const parent = document.getElementById(link.hash.slice(1));
  parent.hidden = false;
  setTimeout(() => focus(parent));
});
list.addEventListener("keydown", (event) => {
  const item = event.target.closest("li[aria-level]");
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  const open = [...document.querySelectorAll("li[aria-level]:not([hidden])")];
  const go = { j: open[open.indexOf(item) + 1], k: open[open.indexOf(item) - 1] };
  if (go[event.key]) focus(go[event.key]);
  else if (event.key === "p") item.querySelector("p a")?.click();
  else if (event.key === "x" && item.querySelector("p button")) ask(item);
  else return;
  event.preventDefault();
});

tools.hidden = document.getElementById("keys").hidden = false;
document.body.classList.add("live");
tell(comments.length);
