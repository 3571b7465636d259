// savePicture saves a figure as it is shown, with title and legend, as "png" or "svg".
function savePicture(figure, type) {
  const width = 1000, height = 640, box = document.createElement("div");
  box.style.cssText = `position:absolute;left:-9999px;width:${width}px;height:${height}px`;
  document.body.append(box);
  const chart = echarts.init(box, null, { renderer: type === "svg" ? "svg" : "canvas", width, height });
  chart.setOption(figure.option(width, height, true));
  download(figure.element.id + "." + type, chart.getDataURL({ type, pixelRatio: 2 }));
  chart.dispose();
  box.remove();
  figure.draw();
}

// csv returns every drawn row of a figure under one header: the series' name, then the columns
// of all series, empty where a series has none.
function csv(figure) {
  const columns = [...new Set(figure.series.flatMap(s => s.columns ?? []))];
  const lines = [["series", ...columns]];
  for (const s of figure.series) {
    for (const row of s.rows) lines.push([s.name + (s.run ? " · " + s.run : ""), ...columns.map(c => spelled(figure, s.columns.indexOf(c), row))]);
  }
  return lines.map(line => line.map(quoted).join(",")).join("\r\n") + "\r\n";
}

// spelled is the i-th number of a row, or the name of the place that it stands for.
function spelled(figure, i, row) {
  return figure.axisOf(i)?.values?.[row[i]] ?? row[i] ?? "";
}

// quoted is a cell of CSV. A text that a spreadsheet would take for a formula stands behind an apostrophe.
function quoted(v) {
  const text = (typeof v === "string" && /^[=+\-@＝＋－＠\t\r\n]/.test(v) && Number.isNaN(Number(v)) ? "'" : "") + v;
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

function saveCSV(figure) {
  const url = URL.createObjectURL(new Blob([csv(figure)], { type: "text/csv" }));
  download(figure.element.id + ".csv", url);
  URL.revokeObjectURL(url);
}

function download(name, url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
