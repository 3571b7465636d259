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

// formatTick writes a round number as short as it goes.
function formatTick(v) {
  const a = Math.abs(v);
  if (a !== 0 && (a >= 1e6 || a < 1e-3)) {
    const [mantissa, power] = v.toExponential().split("e");
    return mantissa === "1" ? powerOfTen(Number(power)).slice(1) : mantissa + powerOfTen(Number(power));
  }
  return v.toLocaleString("en-US", { maximumSignificantDigits: 6 });
}

function powerOfTen(n) {
  return "×10" + String(n).replace(/./g, c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");
}
