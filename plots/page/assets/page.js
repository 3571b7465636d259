const figures = [...document.querySelectorAll("figure")].map(figureOf);
const overEpochs = figures.filter(f => f.view === epochView);

// epochExtent is the extent of all epochs drawn anywhere, so that every chart has the same axis.
function epochExtent(log) { return extents[log] ?? { low: 1, high: 10 }; }
function* allEpochs() { for (const f of overEpochs) yield* f.xValues(); }
function epochExtents() { return { true: extentOf(allEpochs(), true), false: extentOf(allEpochs(), false) }; }
let extents = epochExtents();

// A run of nothing but epoch 0 has no place on a logarithmic axis.
epochView.log = extents[true] !== null;

// begin gives a figure its buttons, its legend and what the mouse does.
function begin(f) {
  addTools(f);
  addLegend(f);
  if (f.dims) f.chart.on("click", ({ seriesId }) => chooseRun(seriesId));
  else addZoom(f);
}
figures.forEach(begin);
echarts.connect("epochs");

// Observing a box reports its first size too, which draws the chart the first time.
const resized = new ResizeObserver(entries => entries.forEach(e => figures.find(f => f.box === e.target)?.draw()));
figures.forEach(f => resized.observe(f.box));

document.querySelectorAll(".browse").forEach(browse);
choice.addEventListener("change", () => document.querySelectorAll(".browse").forEach(markChosen));

// peers are the figures that share a figure's view.
function peers(figure) { return figure.view === epochView ? overEpochs : [figure]; }

function zoomTo(figure, window) {
  figure.view.window = window && widened(window, figure.view.log);
  peers(figure).forEach(f => f.draw());
}

function addTools(figure) {
  const tools = figure.element.querySelector(".tools");
  const add = (label, title, action) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.title = title;
    button.addEventListener("click", () => action(button));
    tools.append(button);
    return button;
  };
  const scale = (label, axis, set) => add(label, "Switch between logarithmic and linear", button => {
    set(!axis().log);
    button.setAttribute("aria-pressed", axis().log);
    figure.draw();
  }).setAttribute("aria-pressed", axis().log);
  if (figure.view !== epochView && !figure.x.values && !figure.dims) scale("log x", () => figure.view, log => { figure.view.log = log; figure.view.window = null; });
  if (!figure.y.values && !figure.dims) scale("log y", () => figure.y, log => { figure.y.log = log; });
  add("PNG", "Save as PNG", () => savePicture(figure, "png"));
  add("SVG", "Save as SVG", () => savePicture(figure, "svg"));
  add("CSV", "Save the drawn data as CSV", () => saveCSV(figure));
}

function addLegend(figure) {
  const legend = figure.element.querySelector(".legend");
  legend.replaceChildren();
  for (const name of new Set(figure.series.map(s => s.name))) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(swatch(figure.series.find(s => s.name === name)), name);
    button.title = "Click: hide or show. Double-click: show nothing else, or all again.";
    button.addEventListener("click", () => {
      if (!figure.off.delete(name)) figure.off.add(name);
      pressLegend(figure);
    });
    button.addEventListener("dblclick", () => showOnly(figure, name));
    button.dataset.name = name;
    legend.append(button);
  }
  foldLegend(legend);
  pressLegend(figure);
}

// pressLegend shows which curves are off, and draws the others.
function pressLegend(figure) {
  figure.element.querySelectorAll(".legend [data-name]").forEach(b => b.setAttribute("aria-pressed", !figure.off.has(b.dataset.name)));
  if (figure.size) figure.draw();
}

// showOnly switches off all curves but those of a name, or none where the others are off already.
function showOnly(figure, name) {
  const others = new Set(figure.series.map(s => s.name).filter(n => n !== name));
  const alone = !figure.off.has(name) && [...others].every(n => figure.off.has(n));
  figure.off = alone ? new Set() : others;
  pressLegend(figure);
}

// foldLegend folds a legend of many entries to its first ones, until all are asked for.
function foldLegend(legend) {
  const unfolded = 14, more = legend.children.length - unfolded;
  if (more < 4) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "more";
  const fold = folded => {
    legend.classList.toggle("folded", folded);
    button.textContent = folded ? `… ${more} more` : "fewer";
    button.setAttribute("aria-expanded", !folded);
  };
  button.addEventListener("click", () => fold(!legend.classList.contains("folded")));
  [...legend.children].slice(unfolded).forEach(entry => entry.classList.add("beyond"));
  legend.append(button);
  fold(true);
}

// addZoom lets a stretch of x be chosen by dragging the mouse across the chart.
function addZoom(figure) {
  const { box } = figure, shade = document.createElement("div");
  shade.className = "shade";
  const position = event => clamp((event.clientX - box.getBoundingClientRect().left - figure.grid.left) / figure.size.width);
  let start = null;
  box.addEventListener("pointerdown", event => {
    if (event.pointerType !== "mouse" || event.button !== 0 || figure.x.values) return;
    start = position(event);
    box.append(shade);
    shade.style.cssText = `top:${figure.grid.top}px;height:${figure.size.height}px;width:0`;
  });
  const follow = event => {
    figure.hovered = true;
    figure.pointer = 1 - clamp((event.clientY - box.getBoundingClientRect().top - figure.grid.top) / figure.size.height);
  };
  box.addEventListener("pointerdown", follow);
  box.addEventListener("pointermove", follow);
  box.addEventListener("pointermove", event => {
    if (start === null) return;
    const end = position(event);
    shade.style.left = figure.grid.left + Math.min(start, end) * figure.size.width + "px";
    shade.style.width = Math.abs(end - start) * figure.size.width + "px";
  });
  const chooseAt = event => {
    const { left, top } = box.getBoundingClientRect(), run = runAt(figure, event.clientX - left, event.clientY - top);
    if (run !== undefined) chooseRun(run);
  };
  box.addEventListener("pointerleave", () => { figure.hovered = false; });
  addEventListener("pointerup", event => {
    if (start === null) return;
    const [low, high] = [start, position(event)].sort((a, b) => a - b).map(p => valueAt(p, figure.x.extent, figure.x.log));
    if (Math.abs(position(event) - start) > 0.01) zoomTo(figure, { low, high });
    else chooseAt(event);
    start = null;
    shade.remove();
  });
  box.addEventListener("dblclick", () => zoomTo(figure, null));
}

const element = id => document.getElementById(id);

if (overEpochs.length > 0) {
  const scales = { "epochs-log": true, "epochs-linear": false };
  const press = () => Object.entries(scales).forEach(([id, log]) => element(id).setAttribute("aria-pressed", log === epochView.log));
  for (const [id, log] of Object.entries(scales)) {
    element(id).addEventListener("click", () => {
      epochView.log = log;
      remember("epochs", log ? "" : "linear");
      press();
      zoomTo(overEpochs[0], null);
    });
  }
  press();
  element("range").addEventListener("submit", event => {
    event.preventDefault();
    const whole = epochExtent(epochView.log);
    const low = Math.max(whole.low, Number(element("from").value)), high = Number(element("to").value) || whole.high;
    zoomTo(overEpochs[0], low < high ? { low, high } : null);
  });
  element("reset-zoom").addEventListener("click", () => {
    element("range").reset();
    zoomTo(overEpochs[0], null);
  });
}

element("axis")?.addEventListener("change", event => {
  epochView.axis = event.target.value;
  remember("axis", epochView.axis === "epoch" ? "" : epochView.axis);
  element("unit").textContent = AXES[epochView.axis].unit;
  overEpochs.forEach(f => f.toAxis());
  extents = epochExtents();
  element("range").reset();
  zoomTo(overEpochs[0], null);
});

element("smooth")?.addEventListener("change", event => {
  epochView.points = Number(event.target.value);
  remember("smooth", epochView.points > 1 ? event.target.value : "");
  overEpochs.forEach(f => f.draw());
});

element("colour")?.addEventListener("change", event => {
  colourRuns(event.target.value);
  for (const figure of figures.filter(f => f.series.some(s => s.id))) {
    figure.off.clear(); // its entries have other names now
    addLegend(figure);
    figure.draw();
  }
});

element("theme").addEventListener("click", () => {
  toggleTheme();
  figures.forEach(f => { addLegend(f); f.draw(); });
});

// Paper is light, and its layout is narrower than most screens'.
let onScreen = null;
function layOut(theme, paper) {
  document.documentElement.dataset.theme = theme;
  document.documentElement.classList.toggle("paper", paper);
  figures.forEach(f => { addLegend(f); f.draw(); f.chart.getZr().flush(); });
}
addEventListener("beforeprint", () => {
  onScreen = document.documentElement.dataset.theme;
  layOut("light", true);
});
addEventListener("afterprint", () => layOut(onScreen, false));

recall();
