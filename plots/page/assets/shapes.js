// What echarts has no series for: a band between two curves, and heat maps whose cells have
// any size on any scale or numbers on them. Each is a custom series of one item that draws all
// its rows.

const SHAPES = { band, cells, tiles };

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
  const stops = color.split(",").map(c => c.trim()), { low, high } = valueRange(rows, 4);
  return rows.filter(row => row[4] !== null).map(([x0, x1, y0, y1, value]) =>
    rectangle(toPixel(x0, y0), toPixel(x1, y1), echarts.color.lerp(Math.sqrt(fraction(value, Math.min(0, low), high)), stops)));
}

// tiles fills the places of rows of [x, y, value], each with its value where there is room; color
// is the scale of values, of their logarithms where all are positive.
function tiles(rows, color, toPixel, chosen) {
  const stops = color.split(",").map(c => c.trim()), { low, high } = valueRange(rows, 2);
  const scale = low > 0 ? Math.log : v => v;
  const order = row => chosen.has(row) ? 1 : 0; // the frame of a chosen one is over its neighbours
  return rows.filter(row => row[2] !== null).sort((a, b) => order(a) - order(b)).flatMap(row => {
    const [x, y, value] = row, strength = low === high ? 1 : fraction(scale(value), scale(low), scale(high));
    const tile = rectangle(toPixel(x - 0.5, y - 0.5), toPixel(x + 0.5, y + 0.5), echarts.color.lerp(strength, stops));
    const { shape } = tile, text = formatNumber(value), ink = cssVariable("ink");
    Object.assign(tile.style, { stroke: chosen.has(row) ? ink : cssVariable("card"), lineWidth: chosen.has(row) ? 3 : 1 });
    if (textWidth(text, 11) > shape.width - 4 || shape.height < 14) return [tile];
    return [tile, { type: "text", silent: true, x: shape.x + shape.width / 2, y: shape.y + shape.height / 2,
      style: { text, fill: ink, fontSize: 11, fontFamily: fontFamily(), align: "center", verticalAlign: "middle" } }];
  });
}

function rectangle([x0, y0], [x1, y1], fill) {
  const [left, bottom, right, top] = [x0, y0, x1, y1].map(Math.round);
  return { type: "rect", silent: true, shape: { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) }, style: { fill } };
}

function valueRange(rows, column) {
  let low = Infinity, high = -Infinity;
  for (const row of rows) {
    if (row[column] === null) continue;
    low = Math.min(low, row[column]);
    high = Math.max(high, row[column]);
  }
  return { low, high };
}
