// Colours in the options are names of variables in page.css, so that a chart follows the
// theme: "blue", "heat", or "ramp 0.35" for a place on the ordered scale.

function themeColor(name) {
  const [variable, position] = name.split(" ");
  const value = cssVariable(variable);
  return position === undefined ? value : echarts.color.lerp(Number(position), value.split(",").map(c => c.trim()));
}

function cssVariable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

// textWidth measures text in the font of the page, in pixels.
function textWidth(text, size) {
  ruler.font = `${size}px ${fontFamily()}`;
  return ruler.measureText(text).width;
}

const ruler = document.createElement("canvas").getContext("2d");

function fontFamily() { return getComputedStyle(document.body).fontFamily; }

const DASHES = { solid: "", dashed: "6 4", dotted: "1.5 3.5" };

// swatch draws the line, marker or area that stands for a series in the legend.
function swatch(series) {
  const color = themeColor(series.color), svg = svgElement("svg", { width: 30, height: 12, "aria-hidden": "true" });
  if (series.shape === "band") {
    svg.append(svgElement("rect", { x: 1, y: 1, width: 28, height: 10, rx: 2, fill: color, opacity: 0.25 }));
  } else if (series.shape === "cells" || series.shape === "tiles") {
    color.split(",").forEach((c, i) => svg.append(svgElement("rect", { x: i * 6, y: 1, width: 6, height: 10, fill: c })));
  } else {
    if (series.lineStyle) {
      svg.append(svgElement("path", { d: "M1 6H29", stroke: color, "stroke-width": series.lineStyle.width, "stroke-dasharray": DASHES[series.lineStyle.type], "stroke-linecap": "round" }));
    }
    if (series.symbol) svg.append(markerPath(series.symbol, color));
  }
  return svg;
}

function markerPath(symbol, color) {
  const hollow = symbol.startsWith("empty"), shape = symbol.replace("empty", "").toLowerCase();
  const outline = { circle: "M11.5 6a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z", rect: "M12 3H18V9H12Z", triangle: "M15 2L19 9H11Z", diamond: "M15 2L19 6L15 10L11 6Z" };
  return svgElement("path", { d: outline[shape], stroke: color, "stroke-width": 1.5, fill: hollow ? cssVariable("card") : color });
}

function svgElement(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
