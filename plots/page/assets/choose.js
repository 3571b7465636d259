// The chooser of a set's page draws any metric against any key from the numbers that Go embedded:
// the same pictures as SweepFigures in chosen.go.
const mostPanels = 16, mostCurves = 24, leastFitted = 5;

// chosenFigures returns the title and the option of each figure of a choice {metric, against, by,
// form, epoch}, places in the lists of data; against is "epoch" for the evolution.
function chosenFigures(data, { metric, against, by, form, epoch }) {
  const of = data.metrics[metric], second = data.keys[by];
  const key = against === "epoch" ? { name: "epoch", log: true, numbers: data.epochs } : data.keys[against];
  const title = of.name[0].toUpperCase() + of.name.slice(1) + " against " + key.name + (against !== "epoch" && epoch < data.epochs.length ? " at epoch " + data.epochs[epoch] : "");
  const points = (against === "epoch" ? data.epochs.map((_, i) => i) : [epoch]).flatMap(at => data.runs.map((run, i) => ({
    run, value: of.values[at][i], place: against === "epoch" ? at : key.of[i], second: second?.of[i] ?? 0,
    line: against === "epoch" ? run : data.seeds[i], demand: data.demands[i],
  }))).filter(p => p.value !== null);
  if (form === "map") return [{ title: title + " and " + second.name, option: mapOf(points, of, key, second) }];
  const levels = second?.values ?? [of.name], names = levels.map(v => second ? second.name + " " + v : v);
  const color = i => levels.length > 1 ? "ramp " + (i / (levels.length - 1)).toFixed(3) : "blue";
  const curve = i => curvesOf(points.filter(p => p.second === i), of, key, names[i], color(i), SYMBOLS[i % SYMBOLS.length]);
  const option = (series, some) => ({ xAxis: [axisOfKey(key)], yAxis: [{ name: of.axis, type: of.log ? "log" : "value" }], series: series.concat(thresholdsOf(some, key)) });
  if (form !== "panels") return [{ title, option: option(levels.flatMap((_, i) => curve(i)), points) }];
  const ends = (get, log) => extentOf(points.map(get), log);
  const [x, y] = [ends(p => key.numbers?.[p.place], key.log), ends(p => p.value, of.log)];
  return levels.map((_, i) => {
    const panel = option(curve(i), points.filter(p => p.second === i));
    if (x && key.numbers) Object.assign(panel.xAxis[0], { min: x.low, max: x.high });
    if (y) Object.assign(panel.yAxis[0], { min: y.low, max: y.high });
    return { title: names[i], option: panel, panel: true };
  });
}

function axisOfKey({ name, log, numbers, values }) {
  return numbers ? { name, type: log ? "log" : "value" } : { name, type: "category", data: values };
}

// curvesOf returns the mean over the points of each place, a band of one standard deviation, and
// the lines of single seeds; of one point a place, these.
function curvesOf(points, metric, key, name, color, symbol) {
  const columns = [key.name, metric.axis], at = p => key.numbers?.[p.place] ?? p.place;
  const line = (name, data, style) => ({ type: "line", shape: "line", name, data, color, symbol, columns, ...style, lineStyle: { color, type: "solid", width: 2, ...style?.lineStyle } });
  const places = [...Map.groupBy(points, at)].sort((a, b) => a[0] - b[0]);
  if (places.length === points.length) return points.length ? [line(name, places.map(([x, [p]]) => [x, p.value]), { runs: places.map(([, [p]]) => [p.run]) })] : [];
  const spread = places.map(([x, here]) => [x, ...spreadOf(here.map(p => p.value))]);
  const singles = [...Map.groupBy(points, p => p.line).values()].map(own => {
    own.sort((a, b) => at(a) - at(b));
    const single = { data: own.map(p => [at(p), p.value]), runs: own.map(p => [p.run]), quiet: true };
    if (new Set(own.map(at)).size < own.length) return { type: "scatter", shape: "dots", name: "single seeds", color, columns, ...single, symbol: "emptyCircle" };
    return line("single seeds", single.data, { ...single, symbol: undefined, lineStyle: { type: "dotted", width: 1 } });
  });
  const band = { type: "custom", shape: "band", name: "± one standard deviation", color, quiet: true, columns: [key.name, "low", "high"], data: spread.map(([x, , low, high]) => [x, low, high]) };
  return [band, ...singles, line(name, spread.map(([x, mean]) => [x, mean]))];
}

// spreadOf returns the mean and one standard deviation to either side, as spreadOf in bands.go does.
function spreadOf(values) {
  const n = values.length, mean = values.reduce((a, b) => a + b) / n;
  if (n < 2) return [mean, null, null];
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1));
  return [mean, mean - deviation > 0 ? mean - deviation : Math.min(...values), mean + deviation];
}

function mapOf(points, metric, key, second) {
  const tiles = [...Map.groupBy(points, p => p.place + " " + p.second).values()];
  return {
    xAxis: [{ name: key.name, type: "category", data: key.values }], yAxis: [{ name: second.name, type: "category", data: second.values }],
    series: [{
      type: "custom", shape: "tiles", name: metric.name, color: "heat", columns: [key.name, second.name, metric.name],
      data: tiles.map(here => [here[0].place, here[0].second, spreadOf(here.map(p => p.value))[0]]), runs: tiles.map(here => here.map(p => p.run)),
    }],
  };
}

// thresholdsOf are the interpolation thresholds of runs against their parameters: one for each
// number of values to fit.
function thresholdsOf(points, key) {
  const demands = key.parameters ? [...new Map(points.map(p => [p.demand.name + p.demand.value, p.demand])).values()].filter(d => d.name) : [];
  if (demands.length === 0) return [];
  const data = demands.map(d => ({ name: d.name + " = p" + (demands.length > 1 ? " = " + formatNumber(d.value) : ""), xAxis: d.value }));
  return [{ type: "line", shape: "marks", name: "interpolation threshold", color: "gray", quiet: true, columns: [], data: [], markLine: { data }, lineStyle: { color: "gray", type: "dashed", width: 1 } }];
}

// trendsOf says which power laws the curves of options follow: least squares of logarithms, over
// epochs of their last half, as fitPowerLaw in fit.go does.
function trendsOf(options, evolution) {
  const laws = options.filter(o => o.xAxis[0].type !== "category").flatMap(o => o.series).filter(s => s.shape === "line" && !s.quiet).flatMap(s => {
    const positive = s.data.filter(([x]) => x > 0), from = evolution && positive.length ? Math.sqrt(positive[0][0] * positive.at(-1)[0]) : 0;
    const logs = positive.filter(([x, y]) => x >= from && y > 0).map(row => row.map(Math.log)), n = logs.length;
    const sum = f => logs.reduce((total, l) => total + f(l), 0), mx = sum(l => l[0]) / n, my = sum(l => l[1]) / n;
    const sxx = sum(l => (l[0] - mx) ** 2), sxy = sum(l => (l[0] - mx) * (l[1] - my)), syy = sum(l => (l[1] - my) ** 2);
    return n < leastFitted || sxx === 0 ? [] : [`${s.name}: ${formatNumber(sxy / sxx)} (R² ${formatNumber(syy ? sxy * sxy / (sxx * syy) : NaN)})`];
  });
  return laws.length ? " Slopes on logarithmic axes: " + laws.join("; ") + "." : "";
}

const chooser = document.getElementById("chooser");
if (chooser) {
  const data = JSON.parse(chooser.querySelector("script").textContent), form = chooser.querySelector("form");
  const { metric, against, by, form: shape, epoch } = form.elements;
  const offer = (select, options) => options.forEach(([value, text]) => select.add(new Option(text, value)));
  offer(metric, data.metrics.map((m, i) => [i, m.name]));
  offer(against, [...data.keys.map((k, i) => [i, k.name]), ...(data.epochs.length > 1 ? [["epoch", "epoch"]] : [])]);
  offer(by, [["", "nothing: mean over all"], ...data.keys.map((k, i) => [i, k.name])]);
  offer(epoch, [[data.epochs.length, "the last"], ...data.epochs.map((e, i) => [i, e]).reverse()]);
  metric.value = Math.max(0, data.metrics.findIndex(m => m.name === "lower bound"));
  // At first, a curve for each value of a key that does not follow from the abscissa.
  const [first] = data.keys, apart = k => new Set(k.of.map((v, i) => v + " " + first.of[i])).size > first.values.length;
  const second = data.keys.findIndex(k => k.values.length <= mostCurves && apart(k));
  by.value = second < 0 ? "" : second;
  const show = () => {
    epoch.disabled = against.value === "epoch";
    showChoice(data, { metric: +metric.value, against: against.value, by: by.value, form: shape.value, epoch: +epoch.value });
  };
  form.addEventListener("change", show);
  show();
}

// showChoice puts the figures of a choice in place of those before, or says why there are none.
function showChoice(data, choice) {
  const grid = chooser.querySelector(".grid"), note = chooser.querySelector(".note");
  for (let i = figures.length - 1; i >= 0; i--) {
    if (!grid.contains(figures[i].element)) continue;
    resized.unobserve(figures[i].box);
    figures[i].chart.dispose();
    figures.splice(i, 1);
  }
  grid.replaceChildren();
  const why = declined(data, choice);
  note.textContent = why;
  if (why) return;
  const drawn = chosenFigures(data, choice);
  drawn.forEach(({ title, option, panel }, i) => {
    const element = figureElement("chosen-" + i, title, panel);
    grid.append(element);
    const figure = new Figure(element, option);
    figures.push(figure);
    begin(figure);
    resized.observe(figure.box);
  });
  note.textContent = choice.form === "map" ? "Means over the runs of each pair of values; the stronger the shade, the larger."
    : "Means over the runs at each place, one standard deviation to either side, single seeds dotted." + trendsOf(drawn.map(d => d.option), choice.against === "epoch");
}

// declined says why a choice cannot be drawn; "" where it can.
function declined(data, { against, by, form }) {
  const values = data.keys[by]?.values.length ?? 1;
  if (form !== "curves" && by === "") return "Panels and heat maps need a second key: choose one after “by”.";
  if (form === "map" && against === "epoch") return "A heat map is over two keys; the epoch is none.";
  if (by !== "" && by === against) return "Choose two keys that differ.";
  if (form === "panels" && values > mostPanels) return `${values} values: at most ${mostPanels} panels can be read on one page.`;
  if (form === "curves" && values > mostCurves) return `${values} values: at most ${mostCurves} curves can be told apart.`;
  return "";
}

function figureElement(id, title, panel) {
  const figure = document.createElement("figure");
  figure.id = id;
  figure.className = panel ? "panel" : "full";
  figure.innerHTML = '<div class="card-head"><h2></h2><div class="tools" role="group"></div></div><div class="legend" role="group"></div><div class="chart" role="img"></div>';
  figure.querySelector("h2").textContent = title;
  figure.querySelector(".chart").setAttribute("aria-label", title);
  return figure;
}
