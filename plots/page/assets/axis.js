// An axis is an extent {low, high} and a scale, logarithmic or linear. echarts' own ticks on a
// logarithmic axis are powers of ten only, which leaves most charts of one decade bare.

// leastSpan is the shortest stretch of an axis relative to its ends: what differs by less differs by
// rounding. Steps between ticks are at least as long as numbers can tell apart. As in figures/scale.go
// and figures/ticks.go.
const leastSpan = 1e-9, leastRelativeStep = 1e-14, leastStep = 1e-300;

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
  if (low < high) return widened({ low, high }, log);
  return widened(log ? { low: low / 2, high: high * 2 } : { low: low - Math.abs(low) / 2, high: high + (Math.abs(high) || 1) / 2 }, log);
}

// padded returns the extent with some air at both ends; a linear one that starts near zero
// starts at zero.
function padded({ low, high }, log) {
  if (log) {
    const air = Math.exp(0.04 * (Math.log(high) - Math.log(low)));
    return widened({ low: low / air, high: high * air }, log);
  }
  const air = high * 0.05 - low * 0.05;
  return widened(low >= 0 && low < 0.4 * high ? { low: 0, high: high + air } : { low: low - air, high: high + air }, log);
}

// widened returns the extent with ends that can be computed with, further apart than rounding errors.
function widened({ low, high }, log) {
  const least = log ? Number.MIN_VALUE : -Number.MAX_VALUE;
  low = Math.max(low, least);
  high = Math.min(high, Number.MAX_VALUE);
  const apart = Math.max(leastSpan * Math.max(Math.abs(low), Math.abs(high)), log ? 2 * Number.MIN_VALUE : leastStep);
  if (high - low >= apart) return { low, high };
  return { low: Math.max(low - apart, least), high: Math.min(high + apart, Number.MAX_VALUE) };
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
  const decades = Math.log10(extent.high) - Math.log10(extent.low);
  return decadeTicks(extent, [1], Math.max(1, Math.ceil(decades * gap / length)));
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
  count = Math.max(1, count);
  const rough = Math.max(high / count - low / count, leastRelativeStep * Math.max(Math.abs(low), Math.abs(high)), leastStep);
  const power = Number("1e" + Math.floor(Math.log10(rough)));
  const step = power * [1, 2, 5, 10].find(m => m * power >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(15)));
}

// place returns where in [0, 1] a value lies between the ends of an extent; valueAt is its inverse.
function place(v, { low, high }, log) {
  return log ? fraction(Math.log(v), Math.log(low), Math.log(high)) : fraction(v, low, high);
}
function valueAt(position, { low, high }, log) {
  return log ? Math.exp(Math.log(low) * (1 - position) + Math.log(high) * position) : low * (1 - position) + high * position;
}

// fraction returns which part of the way from low to high a value lies, even where the distance is no
// number.
function fraction(v, low, high) {
  if (low === high) return 0.5;
  return high - low === Infinity ? (v / 2 - low / 2) / (high / 2 - low / 2) : (v - low) / (high - low);
}
