// The page of a set has runs to choose from and to colour. selectedRun is the run that stands
// out in every chart, null for none.
let selectedRun = null;

const choice = new EventTarget();

// hiddenRuns are the runs that the filter of the table leaves out of the charts that draw single runs.
let hiddenRuns = new Set();

// hideRuns leaves out the given runs and no others.
function hideRuns(runs) {
  if (runs.length === hiddenRuns.size && runs.every(run => hiddenRuns.has(run))) return;
  hiddenRuns = new Set(runs);
  runsChanged();
}

// chooseRun makes a run stand out, or none where it is the one that does.
function chooseRun(run) {
  selectedRun = run === selectedRun ? null : run;
  remember("run", selectedRun);
  choice.dispatchEvent(new Event("change"));
  figures.forEach(f => f.draw());
}

// chosenRows are the rows of a series that tell of the chosen run.
function chosenRows(series) {
  return selectedRun === null || !series.runs ? [] : series.data.filter((_, i) => series.runs[i].includes(selectedRun));
}

// runAt returns the run whose line or point is nearest to a position within a chart, in pixels;
// undefined where none is within reach.
function runAt(figure, x, y) {
  const reach = 12, found = [];
  const consider = (run, row) => {
    if (!row || row[1] === null) return;
    const dx = figure.grid.left + figure.size.width * figure.placeX(row[0]) - x;
    const dy = figure.grid.top + figure.size.height * (1 - figure.placeY(row[1])) - y;
    if (Math.hypot(dx, dy) < reach) found.push({ run, distance: Math.hypot(dx, dy) });
  };
  const at = valueAt((x - figure.grid.left) / figure.size.width, figure.x.extent, figure.x.log);
  for (const s of figure.visible()) {
    if (s.id) [between(s.data, at), nearestRow(s.data, at)].forEach(row => consider(s.id, row));
    else if (s.runs && s.shape !== "tiles") s.data.forEach((row, i) => consider(s.runs[i][0], row));
  }
  return found.sort((a, b) => a.distance - b.distance)[0]?.run;
}

// between returns the point of a line at x, null beyond its ends.
function between(rows, x) {
  const i = rows.findIndex(r => r[0] >= x);
  if (i < 1) return null;
  const [a, b] = [rows[i - 1], rows[i]];
  return a[1] === null || b[1] === null ? null : [x, a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0])];
}

// colourRuns colours and names every line of a run by the value that the run has for the key of
// the given place in the choice, "" for what Go chose.
function colourRuns(key) {
  const { keys, runs } = JSON.parse(document.getElementById("colours").textContent);
  for (const figure of figures) {
    if (!figure.series.some(s => s.id)) continue;
    for (const s of figure.series) {
      if (!s.id) continue;
      s.setting ??= { name: s.name, color: s.color, symbol: s.symbol };
      if (key === "") { Object.assign(s, s.setting); continue; }
      const { name, values } = keys[key], place = runs[s.id][key];
      s.name = name + " " + values[place];
      s.color = "ramp " + (values.length > 1 ? place / (values.length - 1) : 0).toFixed(3);
      s.symbol = s.setting.symbol && SYMBOLS[place % SYMBOLS.length];
    }
  }
}

const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"];
