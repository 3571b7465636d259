// What echarts has no series for: a band between two curves, and a heat map whose cells have
// any size on any scale. Each is a custom series of one item that draws all its rows.

const SHAPES = { band, cells };

// band fills rows of [x, low, high], breaking off where one is missing.
function band(rows, color, toPixel) {
  const polygons = [];
  let upper = [], lower = [];
  const close = () => {
    if (upper.length > 1) {
      polygons.push({ type: "polygon", silent: true, shape: { points: upper.concat(lower.reverse()) }, style: { fill: color, opacity: 0.14 } });
    }
    upper = [];
    lower = [];
  };
  for (const row of rows) {
    if (row.includes(null)) {
      close();
      continue;
    }
    upper.push(toPixel(row[0], row[2]));
    lower.push(toPixel(row[0], row[1]));
  }
  close();
  return polygons;
}

// cells fills rows of [x from, x to, y from, y to, value]; color is the scale of values, from
// the smallest or zero to the largest.
function cells(rows, color, toPixel) {
  const stops = color.split(",").map(c => c.trim()), { low, high } = valueRange(rows);
  return rows.filter(row => row[4] !== null).map(([x0, x1, y0, y1, value]) => {
    const [left, bottom] = toPixel(x0, y0).map(Math.round), [right, top] = toPixel(x1, y1).map(Math.round);
    const strength = Math.sqrt((value - low) / (high - low || 1));
    return { type: "rect", silent: true, shape: { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) }, style: { fill: echarts.color.lerp(strength, stops) } };
  });
}

function valueRange(rows) {
  let low = 0, high = -Infinity;
  for (const row of rows) {
    if (row[4] === null) continue;
    low = Math.min(low, row[4]);
    high = Math.max(high, row[4]);
  }
  return { low, high };
}
