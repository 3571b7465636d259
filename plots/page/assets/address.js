// The state of a page is in its address, behind the #, so that a copied address shows the same.
const remembered = new URLSearchParams(location.hash.slice(1));

// remember puts a part of the state into the address, or takes it out where there is none.
function remember(name, value) {
  if (value) remembered.set(name, value);
  else remembered.delete(name);
  const state = remembered.toString();
  if (location.hash.slice(1) !== state) history.replaceState(null, "", state ? "#" + state : location.pathname + location.search);
}

// recall brings the page into the state that its address tells.
function recall() {
  const runs = document.getElementById("runs"), input = runs?.querySelector("input");
  if (input && remembered.has("filter")) {
    input.value = remembered.get("filter");
    input.oninput();
  }
  recallStruck();
  const run = remembered.get("run");
  if ([...runs?.querySelectorAll("tr[data-run]") ?? []].some(row => row.dataset.run === run)) chooseRun(run);
  if (remembered.get("epochs") === "linear") element("epochs-linear")?.click();
  for (const id of ["axis", "smooth"]) {
    const select = element(id), value = remembered.get(id);
    if (!select || ![...select.options].some(o => o.value === value)) continue;
    select.value = value;
    select.dispatchEvent(new Event("change"));
  }
}
