// browse lets a table be sorted by its headings, filtered by words, and a run be chosen in it. It
// is called again when the table has been replaced.
function browse(section) {
  const body = section.querySelector("tbody"), rows = [...body.rows];
  section.rowsInOrder = rows; // as Go has them, whatever they are sorted by
  section.querySelectorAll("th").forEach((th, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = th.textContent;
    button.addEventListener("click", () => sortBy(section, body, rows, th, column));
    th.replaceChildren(button);
  });
  const input = section.querySelector("input"), shown = section.querySelector("output");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      if (!row.hidden) count++;
    }
    shown.textContent = `${count} of ${rows.length}`;
    if (section.id !== "runs") return;
    hideRuns(rows.filter(row => row.hidden).map(row => row.dataset.run));
  };
  input.oninput = () => {
    filter();
    if (section.id === "runs") remember("filter", input.value);
  };
  filter();
  for (const row of rows) {
    if (row.dataset.run === undefined) continue;
    row.tabIndex = 0;
    row.addEventListener("click", event => { if (!event.target.closest("a")) chooseRun(row.dataset.run); });
    row.addEventListener("keydown", event => { if (event.key === "Enter" && event.target === row) chooseRun(row.dataset.run); });
  }
  markChosen(section);
  if (section.id === "runs") markStruck();
}

// markChosen marks the row of the chosen run.
function markChosen(section) {
  section.querySelectorAll("tr[data-run]").forEach(row => row.setAttribute("aria-selected", row.dataset.run === selectedRun));
}

function sortBy(section, body, rows, th, column) {
  const descending = th.getAttribute("aria-sort") === "ascending";
  section.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  th.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const sign = descending ? -1 : 1;
  body.append(...[...rows].sort((a, b) => sign * compareCells(a.cells[column], b.cells[column])));
}

function compareCells(a, b) {
  if (a.dataset.sort !== undefined && b.dataset.sort !== undefined) {
    const x = Number(a.dataset.sort), y = Number(b.dataset.sort);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return a.textContent.localeCompare(b.textContent, "en", { numeric: true });
}
