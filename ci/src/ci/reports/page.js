"use strict";
// Filters, groups and sorts the rows that are in the page. Nothing is done before somebody asks for it.
const controls = document.querySelector(".controls");
const sections = [...document.querySelectorAll(".findings")];
const SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"];
const CHUNK = 50;
const NATURAL = new Intl.Collator("en", { numeric: true });
const ORDERS = {
  severity: (one, other) => one.severity - other.severity || one.number - other.number,
  rule: (one, other) => NATURAL.compare(one.rule, other.rule) || one.number - other.number,
  place: (one, other) => NATURAL.compare(one.place, other.place) || one.number - other.number,
};

let entries = null;

function read() {
  const rows = document.querySelectorAll(".findings tbody tr:not(.group)");
  return [...rows].map((row, number) => {
    const [severity, gate, rule, place] = [...row.cells].map((cell) => cell.textContent);
    return {
      row, number, gate, rule, place,
      section: row.closest(".findings"),
      severity: SEVERITIES.indexOf(severity),
      file: place.replace(/:\d+$/, ""),
      text: row.textContent.toLowerCase(),
    };
  });
}

function head(name, count) {
  const row = document.createElement("tr");
  row.className = "group";
  const cell = document.createElement("th");
  cell.colSpan = 5;
  cell.scope = "rowgroup";
  const number = document.createElement("span");
  number.className = "number";
  number.textContent = count;
  cell.append(name, " ", number);
  row.append(cell);
  return row;
}

function bodies(name, found) {
  const rows = [head(name, found.length), ...found.map((entry) => entry.row)];
  const made = [];
  for (let start = 0; start < rows.length; start += CHUNK) {
    const body = document.createElement("tbody");
    const chunk = rows.slice(start, start + CHUNK);
    body.className = "chunk";
    body.style.containIntrinsicSize = `auto ${chunk.length * 60}px`;
    body.append(...chunk);
    made.push(body);
  }
  return made;
}

function show() {
  entries ??= read();
  const chosen = Object.fromEntries(new FormData(controls));
  const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter((entry) =>
    (!chosen.gate || entry.gate === chosen.gate)
    && (!chosen.severity || entry.severity === SEVERITIES.indexOf(chosen.severity))
    && (!chosen.state || entry.section.dataset.state === chosen.state)
    && words.every((word) => entry.text.includes(word)));
  found.sort(ORDERS[chosen.sort]);
  for (const section of sections) {
    const ours = found.filter((entry) => entry.section === section);
    const groups = Map.groupBy(ours, (entry) => entry[chosen.group]);
    const names = [...groups.keys()];
    if (chosen.group === "file") names.sort(NATURAL.compare);
    const table = section.querySelector("table");
    table.replaceChildren(table.tHead, ...names.flatMap((name) => bodies(name, groups.get(name))));
    section.querySelector("h2 .number").textContent = ours.length;
    section.hidden = ours.length === 0;
    if (chosen.state === section.dataset.state) section.open = true;
  }
  controls.querySelector("output").textContent = `${found.length} of ${entries.length} findings`;
}

if (sections.length) {
  controls.hidden = false;
  let waiting;
  controls.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
}
