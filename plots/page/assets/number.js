"use strict";

// formatNumber writes a number to be read, as FormatNumber in number.go does: whole numbers in
// full, others to four significant digits.
function formatNumber(v) {
  if (v === null || v === undefined || Number.isNaN(v)) return "—";
  const a = Math.abs(v);
  if (a === Infinity) return v < 0 ? "-∞" : "+∞";
  if (Number.isInteger(v) && a < 1e7) return v.toLocaleString("en-US");
  if (a >= 1e6 || a < 1e-3) {
    const [mantissa, power] = v.toExponential(3).split("e");
    return mantissa + powerOfTen(Number(power));
  }
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(a)));
  return v.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

// formatTick writes a round number as short as it goes: in six significant digits, or as many as tell
// it from ticks a step away.
function formatTick(v, step = Infinity) {
  const a = Math.abs(v), apart = v === 0 || step === Infinity ? 0 : Math.ceil(Math.log10(a) - Math.log10(step)) + 1;
  const digits = Math.min(17, Math.max(6, apart));
  if (a !== 0 && (a >= 1e6 || a < 1e-3)) {
    const [mantissa, power] = Number(v.toPrecision(digits)).toExponential().split("e");
    return mantissa === "1" ? powerOfTen(Number(power)).slice(1) : mantissa + powerOfTen(Number(power));
  }
  return v.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

// stepOf returns the smallest distance between neighbours among ticks.
function stepOf(ticks) {
  return ticks.slice(1).reduce((least, v, i) => Math.min(least, v - ticks[i]), Infinity);
}

function powerOfTen(n) {
  return "×10" + String(n).replace(/./g, c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");
}
