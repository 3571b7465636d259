// epochView is what all charts over epochs share: what stands for the epoch, the scale of that axis,
// the stretch of it that is shown, null for all, and of how many points noisy curves show the mean.
const epochView = { axis: "epoch", log: true, window: null, points: 1 };

// figureOf returns the chart in an element of the page.
function figureOf(element) {
  const spec = JSON.parse(element.querySelector("script").textContent);
  return spec.parallelAxis ? new Parallel(element, spec) : new Figure(element, spec);
}

// A Figure is one chart with its legend and its buttons.
class Figure {
  constructor(element, spec) {
    this.element = element;
    this.title = element.querySelector("h2").textContent;
    this.box = element.querySelector(".chart");
    this.smooth = element.dataset.smooth === "true";
    this.overEpochs = element.dataset.epochs === "true";
    this.load(spec);
    // Charts over epochs look at one view, any other at its own.
    this.view = this.overEpochs ? epochView : { log: this.x.log, window: null };
    this.off = new Set(this.series.filter(s => s.hidden).map(s => s.name));
    this.pointer = 0.5;
    this.hovered = false;
    this.chart = echarts.init(this.box);
    if (this.view === epochView) this.chart.group = "epochs";
  }

  // load takes what is to be drawn: an echarts option and what Go says besides.
  load(spec) {
    this.series = spec.series;
    this.x = namedAxis(spec.xAxis[0]);
    this.y = { ...namedAxis(spec.yAxis[0]), log: this.y?.log ?? spec.yAxis[0].type === "log" };
    for (const s of this.series) s.rows = s.data; // as Go has them
    this.toAxis();
  }

  // toAxis puts what is over epochs on the axis that the reader chose.
  toAxis() {
    if (!this.overEpochs) return;
    this.x.name = AXES[epochView.axis].name;
    for (const s of this.series) s.data = onAxis(s.rows, s.shape);
  }

  // axisOf is the axis of the i-th number of a row.
  axisOf(i) { return [this.x, this.y][i]; }

  visible() { return this.series.filter(s => !this.off.has(s.name) && !isHidden(s.id)); }
  placeX(v) { return place(v, this.x.extent, this.x.log); }
  placeY(v) { return place(v, this.y.extent, this.y.log); }

  // xValues lists every x that is drawn, for the extent of the axis.
  *xValues() {
    for (const s of this.series) {
      if (s.quiet) continue;
      for (const row of s.data) yield s.shape === "cells" ? (row[0] + row[1]) / 2 : row[0];
    }
  }

  // yValues lists every y that is drawn within the shown stretch of x.
  *yValues() {
    const { low, high } = this.x.extent;
    for (const s of this.visible()) {
      for (const m of s.markLine?.data ?? []) if ("yAxis" in m) yield m.yAxis;
      for (const row of s.data) {
        const x = row[0];
        if (s.shape === "cells" ? row[1] <= low || x >= high : x < low || x > high) continue;
        if (s.shape === "cells") { yield row[2]; yield row[3]; }
        else if (s.shape !== "band") yield row[1];
      }
    }
  }

  // scale decides the extents of both axes.
  scale() {
    this.x.log = this.view.log;
    const whole = this.view === epochView ? epochExtent(this.x.log) : placesOf(this.x) ?? sharedOf(this.x) ?? extentOf(this.xValues(), this.x.log);
    this.x.extent = this.view.window ?? (this.view === epochView || this.x.values ? whole : padded(whole, this.x.log));
    const y = placesOf(this.y) ?? sharedOf(this.y) ?? extentOf(this.yValues(), this.y.log);
    this.empty = y === null;
    this.y.extent = this.y.values ? y : padded(y ?? { low: 0.1, high: 1 }, this.y.log);
  }

  // option returns the echarts option for a picture of the given size. A picture to be saved
  // has a title and a legend of its own.
  option(width, height, saved) {
    this.scale();
    const xTicks = axisTicks(this.x, width - 100, this.x.log ? 44 : 64).filter(v => !this.overEpochs || epochView.axis === "time" || Number.isInteger(v));
    const yTicks = axisTicks(this.y, height - 80, this.y.log ? 18 : 34);
    const labels = yTicks.map(tickLabel(this.y, yTicks)), names = this.endNames(width);
    const marked = this.visible().some(s => s.markLine && "xAxis" in s.markLine.data[0]);
    const grid = this.grid = {
      left: 14 + Math.max(0, ...labels.map(l => textWidth(l, 11))), right: 22 + Math.max(0, ...names.map(s => textWidth(s.name, 12))),
      top: (saved ? 150 : 30) + (marked ? 16 : 0), bottom: 44,
    };
    this.size = { width: width - grid.left - grid.right, height: height - grid.top - grid.bottom };
    const ink = cssVariable("ink"), soft = cssVariable("soft"), line = cssVariable("line");
    const axis = (a, values) => ({
      type: a.log ? "log" : "value", name: a.name, min: a.extent.low, max: a.extent.high,
      nameTextStyle: { color: soft, fontSize: 12 },
      axisLine: { show: true, onZero: false, lineStyle: { color: line } },
      axisTick: { show: true, customValues: values, lineStyle: { color: line } },
      axisLabel: { customValues: values, formatter: tickLabel(a, values), color: soft, fontSize: 11, hideOverlap: true },
      splitLine: { show: true, lineStyle: { color: cssVariable("faint") } },
    });
    return {
      animation: false,
      backgroundColor: saved ? cssVariable("card") : "transparent",
      textStyle: { fontFamily: fontFamily() },
      title: saved && this.heading(),
      legend: { show: saved, left: 14, top: 64, right: 14, textStyle: { color: ink }, data: [...new Set(this.visible().map(s => s.name))] },
      grid,
      xAxis: { ...axis(this.x, xTicks), nameLocation: "middle", nameGap: 28 },
      yAxis: { ...axis(this.y, yTicks), nameLocation: "end", nameGap: marked ? 28 : 12, nameTextStyle: { color: soft, fontSize: 12, align: "left", padding: [0, 0, 0, -grid.left + 8] } },
      tooltip: {
        trigger: "axis", confine: true, transitionDuration: 0, backgroundColor: cssVariable("card"), borderColor: line,
        textStyle: { color: ink }, axisPointer: { type: "line", snap: true, lineStyle: { color: soft, type: "solid", width: 1 } },
        formatter: found => this.hovered ? tooltip(this, found[0].axisValue) : "",
      },
      series: [
        ...this.visible().map((s, i) => SHAPES[s.shape] ? this.shapeSeries(s) : this.lineSeries(s, i)),
        ...this.smoothing() ? this.visible().filter(s => s.shape === "line").map(s => this.roughSeries(s)) : [], this.rings(ink),
      ],
      graphic: this.empty ? nothingToShow(soft) : this.endLabels(names),
    };
  }

  // heading is the title of a picture to be saved.
  heading() {
    const ink = cssVariable("ink"), soft = cssVariable("soft"), subtext = document.querySelector("h1").textContent;
    return { text: this.title, subtext, left: 14, top: 10, itemGap: 10, textStyle: { color: ink, fontSize: 16 }, subtextStyle: { color: soft } };
  }

  shapeSeries(s) {
    const toPixel = (x, y) => [
      this.grid.left + this.size.width * clamp(this.placeX(x)), this.grid.top + this.size.height * (1 - clamp(this.placeY(y))),
    ];
    const { low, high } = this.x.extent;
    const inside = s.shape === "cells" ? s.data.filter(r => r[1] > low && r[0] < high) : s.data.filter(r => r[0] >= low && r[0] <= high);
    const chosen = new Set(chosenRows(s));
    return {
      type: "custom", name: s.name, color: strongest(themeColor(s.color)), silent: true, z: 1, data: [[low, this.y.extent.low]],
      renderItem: () => ({ type: "group", children: SHAPES[s.shape](inside, themeColor(s.color), toPixel, chosen) }),
    };
  }

  lineSeries(s, order) {
    const color = themeColor(s.color), dim = selectedRun && s.id && s.id !== selectedRun;
    const points = this.drawable(s), chosen = selectedRun && s.id === selectedRun;
    const data = this.smoothing() && s.shape === "line" ? smoothed(points, epochView.points, this.y.log) : points;
    return {
      type: s.type, name: s.name, color, data, z: chosen ? 4 : 3, silent: true, emphasis: { disabled: true },
      ...marker(s), symbolSize: 8, showSymbol: false,
      lineStyle: { ...s.lineStyle, color, width: (s.lineStyle?.width ?? 1) * (chosen ? 2 : 1), opacity: dim ? 0.12 : 1 },
      markPoint: dim || s.quiet || !s.symbol ? undefined : this.markers(s, data, order),
      markLine: s.markLine && {
        silent: true, symbol: "none", data: s.markLine.data, lineStyle: { ...s.lineStyle, color },
        // A line across has its name in the legend, or it would lie on curves.
        label: { show: this.size.width > 420 && "xAxis" in s.markLine.data[0], formatter: "{b}", color, fontSize: 11, position: "end" },
      },
    };
  }

  // smoothing reports whether the curves are drawn as means of several points.
  smoothing() { return this.smooth && epochView.points > 1; }

  // roughSeries is a curve as it was measured, behind its mean.
  roughSeries(s) {
    const color = themeColor(s.color);
    return { type: "line", name: s.name, color, data: this.drawable(s), z: 2, silent: true, showSymbol: false, lineStyle: { color, width: 1, opacity: 0.3 } };
  }

  // rings are around the points that tell of the chosen run.
  rings(color) {
    const rows = this.visible().filter(s => s.type !== "custom").flatMap(chosenRows);
    return { type: "scatter", silent: true, z: 5, symbol: "circle", symbolSize: 15, color, itemStyle: { color: "transparent", borderColor: color, borderWidth: 2 }, data: rows };
  }

  // drawable returns the rows of a curve with gaps for what a logarithmic axis cannot show.
  drawable(s) {
    return s.data.filter(r => !this.x.log || r[0] > 0).map(r => this.y.log && r[1] !== null && r[1] <= 0 ? [r[0], null] : r);
  }

  // markers are at every point of a short curve, and at evenly spaced ones of a long curve.
  markers(s, data, order) {
    const { low, high } = this.x.extent;
    const shown = data.filter(r => r[0] >= low && r[0] <= high && r[1] !== null);
    const count = this.series.length > 30 ? 2 : 7;
    const rows = shown.length <= 24 ? shown : Array.from({ length: count }, (_, i) =>
      nearestRow(shown, valueAt((i + (order % 5) / 5) / count, this.x.extent, this.x.log)));
    return {
      ...marker(s), silent: true, symbolSize: 8, label: { show: false },
      data: [...new Set(rows)].map(coord => ({ coord })),
    };
  }

  // endNames are the curves to be named at their right-hand ends, where there is room.
  endNames(width) {
    const named = this.visible().filter(s => s.type === "line" && !s.quiet && !s.id);
    const longest = Math.max(0, ...named.map(s => textWidth(s.name, 12)));
    return width >= 560 && named.length > 1 && named.length <= 12 && longest <= width / 4 ? named : [];
  }

  // endLabels puts names beside the ends of their curves, moved apart where they would overlap.
  endLabels(named) {
    const { low, high } = this.x.extent;
    const ends = named.map(s => ({ s, row: this.drawable(s).findLast(r => r[1] !== null && r[0] >= low && r[0] <= high) })).filter(e => e.row)
      .map(e => ({ ...e, top: this.grid.top + this.size.height * (1 - clamp(this.placeY(e.row[1]))) })).sort((a, b) => a.top - b.top);
    for (let i = 1; i < ends.length; i++) ends[i].top = Math.max(ends[i].top, ends[i - 1].top + 14);
    const overflow = ends.length ? ends.at(-1).top - (this.grid.top + this.size.height) : 0;
    if (overflow > 0) {
      for (let i = ends.length - 1, limit = ends[i].top - overflow; i >= 0 && ends[i].top > limit; i--, limit -= 14) ends[i].top = limit;
    }
    return ends.map(e => ({
      type: "text", silent: true, left: this.grid.left + this.size.width + 8, top: e.top - 7,
      style: { text: e.s.name, fill: themeColor(e.s.color), fontSize: 12, fontFamily: fontFamily() },
    }));
  }

  draw() {
    const { clientWidth, clientHeight } = this.box;
    this.chart.resize();
    this.chart.setOption(this.option(clientWidth, clientHeight, false), { notMerge: true });
  }
}

// namedAxis is an axis of an option as figures have it; values name the places 0, 1, 2, …
function namedAxis({ name, type, data, min, max }) {
  const values = type === "category" ? data : undefined;
  return { name, log: type === "log", values, min, max };
}

// tickLabel returns what writes the labels of an axis with the given ticks.
function tickLabel({ values }, ticks) {
  const step = stepOf(ticks);
  return values ? i => shortened(values[i] ?? "") : v => formatTick(v, step);
}

// shortened is a name as there is room for on an axis.
function shortened(name) { return name.length > 18 ? name.slice(0, 17) + "…" : name; }

// placesOf is the extent of an axis of named places, null for one of numbers.
function placesOf({ values }) { return values ? { low: -0.5, high: values.length - 0.5 } : null; }

// sharedOf is the extent of an axis that figures share, null where it does not fit the scale.
function sharedOf({ min, max, log }) { return min !== undefined && (!log || min > 0) ? { low: min, high: max } : null; }

// axisTicks are every place of an axis of names, round values of one of numbers.
function axisTicks({ values, extent, log }, length, gap) {
  return values ? [...values.keys()] : ticks(extent, log, length, gap);
}

function nothingToShow(color) {
  return { type: "text", left: "center", top: "middle", silent: true, style: { text: "Nothing to show on this scale.", fill: color, fontSize: 13 } };
}

// marker is the symbol of a curve, filled with its colour or, a hollow one, with the card's.
function marker({ symbol = "none", color }) {
  const edge = themeColor(color), hollow = symbol.startsWith("empty");
  return {
    symbol: symbol.replace("empty", "").toLowerCase(), itemStyle: { color: hollow ? cssVariable("card") : edge, borderColor: edge, borderWidth: 1.5 },
  };
}

// strongest is the last stop of a scale of colours, or the colour itself.
function strongest(color) { return color.startsWith("#") ? color.split(",").pop().trim() : color; }

function clamp(position) { return Math.min(1, Math.max(0, position)); }
