// An axis is an extent {low, high} and a scale, logarithmic or linear. echarts' own ticks on a
// logarithmic axis are powers of ten only, which leaves most charts of one decade bare.

// extentOf returns the extent of values, which must be positive where log; null where none is
// left. A single value gets room around it.
function extentOf(values, log) {
  let low = Infinity, high = -Infinity;
  for (const v of values) {
    if (v === null || !Number.isFinite(v) || (log && v <= 0)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) return null;
  if (low === high) return log ? { low: low / 2, high: high * 2 } : { low: low - Math.abs(low) / 2, high: high + (Math.abs(high) || 1) / 2 };
  return { low, high };
}

// padded returns the extent with some air at both ends; a linear one that starts near zero
// starts at zero.
function padded({ low, high }, log) {
  if (log) {
    const air = Math.pow(high / low, 0.04);
    return { low: low / air, high: high * air };
  }
  const air = (high - low) * 0.05;
  if (low >= 0 && low < 0.4 * high) return { low: 0, high: high + air };
  return { low: low - air, high: high + air };
}

// ticks returns round values within the extent, at least gap pixels apart on an axis of the
// given length.
function ticks(extent, log, length, gap) {
  if (!log) return linearTicks(extent, length / gap);
  for (const multiples of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const values = decadeTicks(extent, multiples, 1);
    const apart = values.every((v, i) => i === 0 || (place(v, extent, log) - place(values[i - 1], extent, log)) * length >= gap);
    if (apart) return values.length > 1 ? values : linearTicks(extent, length / gap);
  }
  const decades = Math.log10(extent.high / extent.low);
  return decadeTicks(extent, [1], Math.ceil(decades * gap / length));
}

// decadeTicks returns the multiples of every stride-th power of ten.
function decadeTicks({ low, high }, multiples, stride) {
  const values = [];
  for (let power = Math.floor(Math.log10(low) / stride) * stride; power <= Math.log10(high); power += stride) {
    for (const m of multiples) values.push(Number(m + "e" + power));
  }
  return values.filter(v => v >= low && v <= high);
}

// linearTicks returns at most count values one, two or five powers of ten apart.
function linearTicks({ low, high }, count) {
  const rough = (high - low) / Math.max(1, count), power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = power * [1, 2, 5, 10].find(m => m * power >= rough * (1 - 1e-9));
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) values.push(Number((i * step).toPrecision(12)));
  return values;
}

// place returns where in [0, 1] a value lies between the ends of an extent; valueAt is its inverse.
function place(v, { low, high }, log) {
  return log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
}
function valueAt(position, { low, high }, log) {
  return log ? low * Math.pow(high / low, position) : low + (high - low) * position;
}
