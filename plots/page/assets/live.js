// A live page follows its series as they grow: the server sends what is new since the state of
// the page, whose version is the id of the last event. A hidden page lets go of the connection
// and takes it up again, with all that has happened since, when it is seen.
const follower = document.getElementById("live");

if (follower) {
  let source = null, { events, version } = follower.dataset;
  const say = (text, state) => {
    follower.textContent = text;
    follower.dataset.state = state;
  };
  // The page of runs that have ended is followed too: somebody may go on with them.
  const followed = () => {
    const ended = document.querySelector("#head .ended") !== null;
    follower.classList.toggle("ended", ended);
    say(ended ? "ended: nothing is being recorded" : "live: drawn as it is recorded", "live");
  };
  const follow = () => {
    const address = new URL(events, location);
    address.searchParams.set("from", version);
    source = new EventSource(address);
    source.onopen = followed;
    source.onerror = () => say("connection lost, trying again", "lost");
    source.onmessage = event => {
      version = event.lastEventId;
      update(JSON.parse(event.data));
      followed();
    };
  };
  addEventListener("visibilitychange", () => {
    source?.close();
    if (document.hidden) say("paused", "lost");
    else follow();
  });
  follow();
}

// update brings the page from the state before to the one that an update leads to.
function update({ reload, head, figures: changed = [], tables = [], colours, clock: now }) {
  if (reload) return location.reload();
  if (head) element("head").innerHTML = head;
  if (colours) element("colours").textContent = JSON.stringify(colours);
  if (now) clock = now;
  tables.forEach(u => updateTable(element(u.id), u));
  if (changed.length === 0) return;
  const of = u => figures.find(f => f.element.id === u.id);
  changed.forEach(u => updateFigure(of(u), u));
  if (element("colour")) colourRuns(element("colour").value);
  changed.filter(u => u.option).forEach(u => addLegend(of(u)));
  extents = epochExtents();
  figures.forEach(f => f.draw());
}

function updateFigure(figure, { option, series = [], reading, table }) {
  if (option) figure.load(option);
  for (const { index, keep, rows } of series) {
    const s = figure.series[index];
    s.rows = s.rows.slice(0, keep).concat(rows);
    s.data = s.rows;
  }
  figure.toAxis();
  if (reading) figure.element.querySelector("figcaption").textContent = reading;
  if (table) figure.element.querySelector(".body").innerHTML = table;
}

// updateTable replaces a whole table, or the cells of some of its rows, counted as Go has them.
function updateTable(section, { html, rows }) {
  if (html) {
    section.querySelector(".body").innerHTML = html;
    if (section.matches(".browse")) browse(section);
    return;
  }
  for (const [i, cells] of Object.entries(rows)) (section.rowsInOrder ?? section.querySelector("tbody").rows)[i].innerHTML = cells;
  if (section.id === "runs") markStruck();
}
