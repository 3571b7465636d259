// Of a few runs, the table of differences has what each has for the keys in which they differ.
const mostCompared = 8;

const differences = document.querySelector("#differences table"), asGoHasThem = differences?.innerHTML;

function showDifferences() {
  if (!differences) return;
  const shown = allRuns().filter(run => !isHidden(run));
  if (shown.length < 2 || shown.length > mostCompared) {
    differences.innerHTML = asGoHasThem;
    return;
  }
  const { keys, runs } = JSON.parse(document.getElementById("colours").textContent);
  differences.replaceChildren();
  const head = differences.createTHead().insertRow(), body = differences.createTBody();
  for (const name of ["Key", ...shown]) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = name;
    head.append(th);
  }
  keys.forEach(({ key, values }, i) => {
    const places = shown.map(run => runs[run][i]);
    if (new Set(places).size < 2) return;
    const row = body.insertRow();
    row.insertCell().textContent = key;
    for (const place of places) row.insertCell().textContent = values[place];
  });
}
