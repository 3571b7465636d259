// mostRows is how many curves a tooltip tells of: those nearest to the pointer.
const mostRows = 12;

// strandTip returns the element that tells of one run in parallel coordinates.
function strandTip(figure, series) {
  const box = tipBox(series.run);
  for (const [i, dim] of figure.dims.entries()) {
    const tr = box.lastChild.insertRow(), v = series.data[0][i];
    tr.insertCell().textContent = dim.name;
    tr.insertCell().textContent = dim.values?.[v] ?? formatNumber(v);
  }
  return box;
}

// tipBox returns a tooltip with a heading and a table to be filled.
function tipBox(heading) {
  const box = document.createElement("div"), head = document.createElement("strong");
  box.className = "tip";
  head.textContent = heading;
  box.append(head, document.createElement("table"));
  return box;
}

// tooltip returns the element that says what is at a value of x, of every curve that is on.
function tooltip(figure, x) {
  const rows = figure.visible().filter(s => !s.quiet).flatMap(s => HOVERED[s.shape]?.(figure, s, x) ?? lineRow(figure, s, x));
  if (rows.length === 0) return "";
  const nearest = rows.sort((a, b) => a.distance - b.distance).slice(0, mostRows).sort((a, b) => b.value - a.value);
  const box = tipBox(figure.x.name + " " + (figure.x.values?.[Math.round(x)] ?? formatNumber(x)));
  for (const row of nearest) {
    const tr = box.lastChild.insertRow();
    tr.insertCell().append(swatch(row.series));
    tr.insertCell().textContent = row.name;
    tr.insertCell().textContent = formatNumber(row.value);
  }
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

// tileRow is the tile under the pointer.
function tileRow(figure, series, x) {
  const place = [x, valueAt(figure.pointer, figure.y.extent, false)].map(Math.round);
  const tile = series.data.find(t => t[0] === place[0] && t[1] === place[1]);
  return tile ? [{ series, name: `${figure.y.name} ${figure.y.values[place[1]]}, ${series.name}`, value: tile[2], distance: -1 }] : [];
}

const HOVERED = { cells: cellRow, tiles: tileRow };

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
