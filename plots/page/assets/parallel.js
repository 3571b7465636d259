// Parallel is a chart of parallel coordinates: a line for each run across an axis for each of its
// settings and results.
class Parallel extends Figure {
  load(spec) {
    this.series = spec.series;
    for (const s of this.series) s.rows = s.data;
    this.dims = spec.parallelAxis.map(namedAxis);
    this.x = this.y = { name: "", log: false };
  }

  axisOf(i) { return this.dims[i]; }

  option(width, height, saved) {
    const ink = cssVariable("ink"), soft = cssVariable("soft"), line = cssVariable("line"), stacked = width < 560;
    const names = this.dims[0].values?.map(v => textWidth(shortened(v), 11)) ?? [];
    const halo = { textBorderColor: cssVariable("card"), textBorderWidth: 3 };
    this.size = { width, height };
    return {
      animation: false,
      backgroundColor: saved ? cssVariable("card") : "transparent",
      textStyle: { fontFamily: fontFamily() },
      title: saved && this.heading(),
      legend: { show: false },
      tooltip: {
        trigger: "item", confine: true, transitionDuration: 0, backgroundColor: cssVariable("card"), borderColor: line, textStyle: { color: ink },
        formatter: found => strandTip(this, this.series.find(s => s.id === found.seriesId)),
      },
      parallel: stacked
        ? { layout: "vertical", left: 16, right: 30, top: saved ? 90 : 26, bottom: 30 }
        : { left: Math.max(40, ...names) + 14, right: 70, top: saved ? 110 : 36, bottom: 26 },
      parallelAxis: this.dims.map((d, dim) => {
        const extent = d.values ? {} : padded(extentOf(this.series.map(s => s.data[0][dim]), d.log), d.log);
        const length = stacked ? width - 46 : height - 62, at = d.values ? undefined : ticks(extent, d.log, length, stacked ? 44 : 20);
        return {
          dim, z: 5, name: shortened(d.name), type: d.values ? "category" : d.log ? "log" : "value", data: d.values, min: extent.low, max: extent.high,
          nameLocation: stacked ? "start" : "end", nameGap: stacked ? 0 : 14,
          nameTextStyle: { ...halo, color: ink, fontSize: 12, ...(stacked && { align: "left", verticalAlign: "bottom", padding: [0, 0, 5, 0] }) },
          axisLine: { lineStyle: { color: line, width: 1.5 } }, axisTick: { customValues: at, lineStyle: { color: line } },
          axisLabel: { ...halo, customValues: at, formatter: d.values ? shortened : v => formatTick(v), color: soft, fontSize: 11, hideOverlap: true },
          areaSelectStyle: { width: 16, color: cssVariable("accent"), borderColor: cssVariable("accent"), opacity: 0.25 },
        };
      }),
      series: this.visible().map(s => this.strand(s)),
    };
  }

  strand(s) {
    const chosen = s.id === selectedRun, dim = selectedRun !== null && !chosen, color = themeColor(s.color);
    return {
      type: "parallel", id: s.id, name: s.name, color, data: s.data, z: chosen ? 4 : 3, inactiveOpacity: 0.04, activeOpacity: dim ? 0.12 : 1,
      lineStyle: { color, type: s.lineStyle.type, width: chosen ? 3.5 : s.lineStyle.width, opacity: dim ? 0.12 : 1 },
      emphasis: { lineStyle: { width: 3, opacity: 1 } },
    };
  }
}
