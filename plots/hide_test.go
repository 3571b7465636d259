package plots

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/browsertest"
	"github.com/liptrack/liptrack/tracker/series"
)

const (
	shownLines = `figures.find(f => f.element.id === "lower-overlay").visible().filter(s => s.id).length`
	firstEye   = `document.querySelector("#runs tbody .eye")`
	compared   = `[...document.querySelectorAll("#differences th")].map(th => th.textContent)`
)

// runsAreHidden hides one run by a click, then all but one, and restores that from the address.
func runsAreHidden(p *browsertest.Tab) {
	all := browsertest.Eval[int](p, shownLines)
	browsertest.Eval[any](p, firstEye+`.click()`)
	if n := browsertest.Eval[int](p, shownLines); n != all-1 {
		p.T.Errorf("%d of %d lines after hiding a run", n, all)
	}

	browsertest.Eval[any](p, firstEye+`.click(), `+firstEye+`.dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true }))`)
	if n := browsertest.Eval[int](p, shownLines); n != 1 {
		p.T.Errorf("%d lines of the only run", n)
	}
	if state := browsertest.Eval[string](p, `location.hash`); !strings.HasPrefix(state, "#only=") {
		p.T.Errorf("the address has %q", state)
	}

	browsertest.Eval[any](p, `(() => { const only = remembered.get("only"); strike([]); remembered.set("only", only); recallStruck(); })()`)
	if n := browsertest.Eval[int](p, shownLines); n != 1 {
		p.T.Errorf("recalled %d lines, want that of one run", n)
	}
	browsertest.Eval[any](p, `document.getElementById("show-all").click()`)
	if n := browsertest.Eval[int](p, shownLines); n != all || browsertest.Eval[string](p, `location.hash`) != "" {
		p.T.Errorf("%d of %d lines when all are shown", n, all)
	}
}

// chosenRunIsHidden hides the chosen run with the bar that names it.
func chosenRunIsHidden(p *browsertest.Tab) {
	all := browsertest.Eval[int](p, shownLines)
	choose := `chooseRun("` + chosenRun + `")`
	browsertest.Eval[any](p, choose)
	if text := browsertest.Eval[string](p, `document.getElementById("chosen").textContent`); !strings.Contains(text, chosenRun) {
		p.T.Errorf("the bar reads %q", text)
	}
	browsertest.Eval[any](p, `document.querySelectorAll("#chosen button")[1].click()`)
	if n := browsertest.Eval[int](p, shownLines); n != 1 {
		p.T.Errorf("%d lines of the only run", n)
	}
	browsertest.Eval[any](p, `document.getElementById("show-all").click(), document.querySelectorAll("#chosen button")[0].click()`)
	if n := browsertest.Eval[int](p, shownLines); n != all-1 || browsertest.Eval[bool](p, `selectedRun !== null`) {
		p.T.Errorf("%d of %d lines when the chosen run is hidden", n, all)
	}
	browsertest.Eval[any](p, `strike([])`)
}

// differencesAreOfShownRuns checks the table of differences when few runs are shown: two seeds of
// one width, without the keys in which they agree.
func differencesAreOfShownRuns(p *browsertest.Tab) {
	if head := browsertest.Eval[[]string](p, compared); !slices.Equal(head, []string{"Key", "Values", "Runs"}) {
		p.T.Errorf("of all runs the table has %q", head)
	}
	browsertest.Eval[any](p, `strike(allRuns().slice(3))`)
	rows := browsertest.Eval[[][]string](p, `[...document.querySelectorAll("#differences tbody tr")].map(r => [...r.cells].map(c => c.textContent))`)
	if len(rows) == 0 || len(rows[0]) != 4 {
		p.T.Errorf("of three runs the table has %q", rows)
	}
	for _, row := range rows {
		values := slices.Sorted(slices.Values(row[1:]))
		if len(slices.Compact(values)) < 2 {
			p.T.Errorf("the runs agree in %q", row)
		}
	}

	browsertest.Eval[any](p, `strike([])`)
}

// entriesShowOnlyTheirs double-clicks an entry of the legend to show only its runs.
func entriesShowOnlyTheirs(p *browsertest.Tab) {
	const overlay = `figures.find(f => f.element.id === "lower-overlay")`
	twice := overlay + `.element.querySelector(".legend [data-name]").dispatchEvent(new MouseEvent("dblclick"))`
	browsertest.Eval[any](p, twice)
	if names := browsertest.Eval[int](p, `new Set(`+overlay+`.visible().map(s => s.name)).size`); names != 1 {
		p.T.Errorf("%d settings are shown", names)
	}
	browsertest.Eval[any](p, twice)
	if off := browsertest.Eval[int](p, overlay+`.off.size`); off != 0 {
		p.T.Errorf("%d settings are still off", off)
	}
}

// longLegendsFold checks that long legends fold to their first entries.
func longLegendsFold(p *browsertest.Tab) {
	const legend, entries = `document.querySelector("#lower-overlay .legend")`, `[...document.querySelectorAll("#lower-overlay .legend [data-name]")]`
	shown := entries + `.filter(b => b.offsetParent !== null).length`
	few, all := browsertest.Eval[int](p, shown), browsertest.Eval[int](p, entries+`.length`)
	if few != 14 || all != 40 {
		p.T.Errorf("%d of %d entries are shown", few, all)
	}
	browsertest.Eval[any](p, legend+`.querySelector(".more").click()`)
	if n := browsertest.Eval[int](p, shown); n != all {
		p.T.Errorf("%d of %d entries are shown when asked for", n, all)
	}
	browsertest.Eval[any](p, legend+`.querySelector(".more").click()`)
}

// fortyWidths returns a sweep of forty settings.
func fortyWidths() []*series.Table {
	var tables []*series.Table
	for width := 1; width <= 40; width++ {
		tables = append(tables, trainedRun(width, 42, 20))
	}
	return tables
}

// axisIsChosen draws charts over epochs over updates and over time instead.
func axisIsChosen(p *browsertest.Tab) {
	const last = `figures.find(f => f.element.id === "loss").series[0].data.at(-1)[0]`
	for axis, want := range map[string]float64{"update": 300 * 8, "time": 150} {
		browsertest.Eval[any](p, fmt.Sprintf(`element("axis").value = %q, element("axis").dispatchEvent(new Event("change"))`, axis))
		if got := browsertest.Eval[float64](p, last); !near(got, want, 1e-9) {
			p.T.Errorf("over %s the last point is at %v, want %v", axis, got, want)
		}
		if high := browsertest.Eval[float64](p, `overEpochs[0].chart.getOption().xAxis[0].max`); !near(high, want, 0.01) {
			p.T.Errorf("over %s the axis ends at %v, want %v", axis, high, want)
		}
		p.Fits()
	}

	browsertest.Eval[any](p, `element("axis").value = "epoch", element("axis").dispatchEvent(new Event("change"))`)
	if state := browsertest.Eval[string](p, `location.hash`); strings.Contains(state, "axis") {
		p.T.Errorf("the address has %q", state)
	}
}

// timed gives a run a clock with half a second per epoch.
func timed(t *series.Table) *series.Table {
	t.Clock = &series.Clock{}
	for _, epoch := range t.Curve(series.TrainLoss, "").Epochs {
		t.Clock.Epochs = append(t.Clock.Epochs, epoch)
		t.Clock.Seconds = append(t.Clock.Seconds, float64(epoch)/2)
	}
	return t
}

// curvesAreSmoothed checks that noisy curves are smoothed and bounds are not.
func curvesAreSmoothed(p *browsertest.Tab) {
	browsertest.Eval[any](p, `element("smooth").value = "5", element("smooth").dispatchEvent(new Event("change"))`)
	const drawn = `figures.find(f => f.element.id === %q).chart.getOption().series.filter(s => s.type === "line").length`
	for id, want := range map[string]int{"loss": 4, "accuracy": 4} {
		if n := browsertest.Eval[int](p, fmt.Sprintf(drawn, id)); n != want {
			p.T.Errorf("%s draws %d lines, want means and what was measured: %d", id, n, want)
		}
	}

	if points := browsertest.Eval[bool](p, `figures.find(f => f.element.id === "bounds").smoothing()`); points {
		p.T.Error("bounds are smoothed")
	}
	for call, want := range map[string]string{
		`smoothed([[0,1],[1,3],[2,8],[3,0],[4,5]], 3, false)`:                   "0,1,1,4,2,3.6666666666666665,3,4.333333333333333,4,5",
		`smoothed([[0,1],[1,null],[2,100]], 3, false)`:                          "0,1,1,,2,100",
		`smoothed([[0,1],[1,10],[2,100]], 3, true).map(r => r.map(Math.round))`: "0,1,1,10,2,100",
	} {
		if got := browsertest.Eval[string](p, call+`.join()`); got != want {
			p.T.Errorf("%s = %s, want %s", call, got, want)
		}
	}

	browsertest.Eval[any](p, `element("smooth").value = "1", element("smooth").dispatchEvent(new Event("change"))`)
}

// rowsAreOnPaper checks that nothing scrolls on paper and that no row or legend entry is missing.
func rowsAreOnPaper(p *browsertest.Tab) {
	cut := browsertest.OnPaper[[]string](p, `[...document.querySelectorAll("main *")].filter(e =>
		/auto|scroll|hidden/.test(getComputedStyle(e).overflow) && e.scrollHeight > e.clientHeight + 1).map(e => e.className)`)
	if len(cut) > 0 {
		p.T.Errorf("cut on paper: %q", cut)
	}
	const seen = `document.querySelectorAll("#runs tbody tr").length === 40 &&
		[...document.querySelectorAll("#runs tbody tr, #lower-overlay .legend [data-name]")].every(e => e.offsetParent !== null)`
	if !browsertest.OnPaper[bool](p, seen) {
		p.T.Error("rows or entries are left out on paper")
	}
}

// chartsFitPaper checks that charts are drawn for the width of paper: none is cut off, overlaps
// another or keeps its size on the screen.
func chartsFitPaper(p *browsertest.Tab) {
	browsertest.Eval[any](p, `dispatchEvent(new Event("beforeprint"))`)
	wrong := browsertest.OnPaper[[]string](p, `figures.flatMap(f => {
		const canvas = f.box.querySelector("canvas").getBoundingClientRect(), box = f.box.getBoundingClientRect();
		const fits = Math.abs(canvas.width - box.width) < 1 && Math.abs(canvas.height - box.height) < 1 && box.right <= 700;
		return fits ? [] : [`+"`${f.element.id}: ${canvas.width}×${canvas.height} in ${box.width}×${box.height} to ${box.right}`"+`];
	})`)
	if len(wrong) > 0 {
		p.T.Errorf("charts that do not fill their places on paper: %q", wrong)
	}

	over := browsertest.OnPaper[int](p, `document.body.scrollWidth`)
	if over > 700 {
		p.T.Errorf("the page is %d pixels wide on paper", over)
	}

	wide := `dispatchEvent(new Event("afterprint")), document.querySelector(".chart").clientWidth`
	if width := browsertest.Eval[int](p, wide); width < 700 {
		p.T.Errorf("after printing, the first chart is %d wide", width)
	}
}

// pageIsPrinted prints on white paper in any theme.
func pageIsPrinted(p *browsertest.Tab) {
	// Tabs share the browser's storage, so the page may be dark already.
	browsertest.Eval[any](p, `document.documentElement.dataset.theme === "dark" || document.getElementById("theme").click(),
		printed = [],
		addEventListener("beforeprint", () => printed.push(document.documentElement.dataset.theme))`)
	pdf := p.Print()
	if pages := bytes.Count(pdf, []byte("/Type /Page\n")); !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 3 {
		p.T.Errorf("%d pages in %d bytes", pages, len(pdf))
	}
	if themes := browsertest.Eval[[]string](p, `printed`); !slices.Equal(themes, []string{"light"}) {
		p.T.Errorf("the themes on paper are %q", themes)
	}
	p.Wait(`document.documentElement.dataset.theme === "dark"`)
}
