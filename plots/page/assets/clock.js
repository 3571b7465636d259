// The charts of one run may be drawn over updates or time in place of epochs, and noisy ones smoothed.
const AXES = { epoch: { name: "epoch", unit: "Epochs" }, update: { name: "update", unit: "Updates" }, time: { name: "time in seconds", unit: "Seconds" } };

let clock = JSON.parse(document.getElementById("clock")?.textContent ?? "null");

// onAxis returns what rows over epochs are over the chosen axis; the first two numbers of a cell are epochs.
function onAxis(rows, shape) {
  if (epochView.axis === "epoch") return rows;
  const at = epoch => along(clock.epoch, clock[epochView.axis], epoch);
  return rows.map(row => shape === "cells" ? [at(row[0]), at(row[1]), ...row.slice(2)] : [at(row[0]), ...row.slice(1)]);
}

// along returns the value at x of a line through points whose xs ascend, gone on with beyond its ends.
function along(xs, ys, x) {
  let low = 0, high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle; else high = middle;
  }
  return ys[low] + (ys[high] - ys[low]) * (x - xs[low]) / (xs[high] - xs[low]);
}

// smoothed returns rows of [x, y] whose y is the mean of as many points, half of them to either side; on
// a logarithmic axis of logarithms, or the largest would decide.
function smoothed(rows, points, log) {
  const half = (points - 1) / 2, [to, from] = log ? [Math.log, Math.exp] : [v => v, v => v];
  return rows.map(([x, y], i) => {
    if (y === null) return [x, y];
    const reach = Math.min(half, i, rows.length - 1 - i), near = rows.slice(i - reach, i + reach + 1).map(r => r[1]).filter(v => v !== null);
    return [x, from(near.reduce((sum, v) => sum + to(v), 0) / near.length)];
  });
}
