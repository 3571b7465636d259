// Runs are hidden from the charts of single runs by the filter of their table, or one by one by a click.
// struckRuns are the runs that the reader hid.
let struckRuns = new Set();

const runRows = () => [...document.querySelectorAll("#runs tbody tr[data-run]")];
const allRuns = () => runRows().map(row => row.dataset.run);

// isHidden reports whether a run is left out.
function isHidden(run) { return hiddenRuns.has(run) || struckRuns.has(run); }

// strike hides the given runs and no others.
function strike(runs) {
  struckRuns = new Set(runs);
  const shown = allRuns().filter(run => !struckRuns.has(run)), few = shown.length < struckRuns.size;
  remember("hide", few ? "" : [...struckRuns].join("|"));
  remember("only", few ? shown.join("|") : "");
  runsChanged();
}

// toggleRun hides a run or shows it again.
function toggleRun(run) { strike(struckRuns.has(run) ? [...struckRuns].filter(r => r !== run) : [...struckRuns, run]); }

// onlyRun hides all runs but one, or shows all where it is the only one already.
function onlyRun(run) {
  const others = allRuns().filter(r => r !== run);
  strike(!struckRuns.has(run) && others.every(r => struckRuns.has(r)) ? [] : others);
}

// runsChanged draws what depends on which runs are shown.
function runsChanged() {
  figures.filter(f => f.series.some(s => s.id)).forEach(f => f.draw());
  markStruck();
  showDifferences();
}

// markStruck gives every row of the table its button, and marks the rows of hidden runs.
function markStruck() {
  for (const row of runRows()) {
    const struck = struckRuns.has(row.dataset.run);
    row.classList.toggle("struck", struck);
    const button = row.querySelector(".eye") ?? eyeOf(row);
    button.setAttribute("aria-pressed", !struck);
  }
  const all = document.getElementById("show-all");
  if (all) all.hidden = struckRuns.size === 0;
}

function eyeOf(row) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "eye";
  button.title = "Show this run in the charts, or hide it. With Shift: hide all others.";
  button.setAttribute("aria-label", "Show " + row.dataset.run);
  button.addEventListener("click", event => {
    event.stopPropagation();
    if (event.shiftKey) onlyRun(row.dataset.run);
    else toggleRun(row.dataset.run);
  });
  row.cells[0].prepend(button);
  return button;
}

// tellChosen says in the bar which run is chosen, wherever on the page it was chosen.
function tellChosen() {
  const bar = document.getElementById("chosen");
  if (!bar) return;
  const row = runRows().find(r => r.dataset.run === selectedRun), page = row?.querySelector("a"), link = bar.querySelector("a");
  bar.hidden = row === undefined;
  bar.querySelector("strong").textContent = selectedRun ?? "";
  link.hidden = !page;
  if (page) link.href = page.href;
}

const chosenBar = document.getElementById("chosen");
if (chosenBar) {
  const [hide, only, letGo] = chosenBar.querySelectorAll("button");
  hide.addEventListener("click", () => {
    toggleRun(selectedRun);
    chooseRun(selectedRun);
  });
  only.addEventListener("click", () => onlyRun(selectedRun));
  letGo.addEventListener("click", () => chooseRun(selectedRun));
  document.getElementById("show-all").addEventListener("click", () => strike([]));
  choice.addEventListener("change", tellChosen);
}

// recallStruck hides the runs that the address tells.
function recallStruck() {
  const listed = name => remembered.get(name)?.split("|"), only = listed("only");
  const struck = only ? allRuns().filter(run => !only.includes(run)) : listed("hide")?.filter(run => allRuns().includes(run));
  if (struck?.length && struck.length < allRuns().length) strike(struck);
}
