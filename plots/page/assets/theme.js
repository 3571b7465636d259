"use strict";

// The theme is what the reader chose on an earlier page, or else what the system prefers. It
// is set before the page is shown.
document.documentElement.dataset.theme = rememberedTheme() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

function toggleTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("liptrack-theme", theme); } catch { /* without storage the choice lasts as long as the page */ }
}

function rememberedTheme() {
  try { return localStorage.getItem("liptrack-theme"); } catch { return null; }
}
