// mostRows is how many curves a tooltip tells of: those nearest to the pointer.
const mostRows = 12;

// tooltip returns the element that says what is at a value of x, of every curve that is on.
function tooltip(figure, x) {
  const rows = figure.visible().filter(s => !s.quiet).flatMap(s => s.shape === "cells" ? cellRow(figure, s, x) : lineRow(figure, s, x));
  if (rows.length === 0) return "";
  const nearest = rows.sort((a, b) => a.distance - b.distance).slice(0, mostRows).sort((a, b) => b.value - a.value);
  const box = document.createElement("div"), table = document.createElement("table");
  box.className = "tip";
  const head = document.createElement("strong");
  head.textContent = figure.x.name + " " + formatNumber(x);
  for (const row of nearest) {
    const tr = table.insertRow();
    tr.insertCell().append(swatch(row.series));
    tr.insertCell().textContent = row.name;
    tr.insertCell().textContent = formatNumber(row.value);
  }
  box.append(head, table);
  if (rows.length > nearest.length) box.append(`${rows.length - nearest.length} more further from the pointer`);
  return box;
}

// lineRow is the point of a curve nearest to x, told with its own x where that is well off.
function lineRow(figure, series, x) {
  const row = nearestRow(series.data, x);
  if (!row || row[1] === null) return [];
  const off = Math.abs(figure.placeX(row[0]) - figure.placeX(x));
  if (!(off < 0.05)) return [];
  const name = series.name + (series.run ? " · " + series.run : "") + (off > 0.005 ? ` (at ${formatNumber(row[0])})` : "");
  return [{ series, name, value: row[1], distance: Math.abs(figure.placeY(row[1]) - figure.pointer) }];
}

// cellRow is the cell of a heat map under the pointer.
function cellRow(figure, series, x) {
  const y = valueAt(figure.pointer, figure.y.extent, figure.y.log);
  const cell = series.data.find(c => c[0] <= x && x < c[1] && c[2] <= y && y < c[3]);
  return cell ? [{ series, name: `${series.name}, ${formatNumber(cell[2])} to ${formatNumber(cell[3])}`, value: cell[4], distance: -1 }] : [];
}

// nearestRow returns the row whose first number, which ascends, is nearest to x.
function nearestRow(rows, x) {
  let low = 0, high = rows.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] <= x) low = middle; else high = middle;
  }
  if (high < 0) return undefined;
  return Math.abs(rows[low][0] - x) <= Math.abs(rows[high][0] - x) ? rows[low] : rows[high];
}
