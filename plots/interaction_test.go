package plots

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/liptrack/liptrack/internal/browsertest"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	run, set := runPage(t, timed(trainedRun(64, 42, 300))), setPage(t, "widths", widthSweep(60))
	for name, html := range map[string][]byte{
		"run": run, "set": set, "empty": runPage(t, series.NewTable(series.Header{Run: "empty"})), "one epoch": runPage(t, trainedRun(8, 1, 0)),
		"diverged": runPage(t, divergedRun()), "deep": runPage(t, deepRun()), "hostile": runPage(t, hostileRun()),
		"hostile set": setPage(t, hostileName, []*series.Table{hostileRun(), hostileRun(), trainedRun(8, 1, 20)}),
	} {
		t.Run("narrow "+name, func(t *testing.T) {
			p := browsertest.Open(t, browser, html, browsertest.Narrow)
			p.Fits()
			if title := browsertest.Eval[string](p, `document.querySelector("h1").textContent`); strings.HasPrefix(
				name,
				"hostile",
			) &&
				!strings.Contains(title, hostileName) {
				t.Errorf("the title reads %q", title)
			}
			p.Quiet()
		})
	}

	for _, screen := range []struct {
		name  string
		on    browsertest.Screen
		html  []byte
		tests []browserTest
	}{
		{"run", browsertest.Desk, run, []browserTest{
			{"a legend entry switches its curve off and on", legendSwitchesCurves},
			{"dragging across a chart zooms, a double click resets", draggingZooms},
			{"a tooltip tells the values under the pointer", tooltipTellsValues},
			{"the CSV holds the drawn data", csvHoldsData},
			{"pictures are saved as PNG and SVG", picturesAreSaved},
			{"zoom and scale of the epochs are shared", epochsAreShared},
			{"numbers and ticks", numbersAndTicks},
			{"the theme can be switched", themeSwitches},
			{"charts are drawn over updates and time", axisIsChosen},
			{"noisy curves are smoothed", curvesAreSmoothed},
			{"charts follow the size of the page", chartsFollowSize},
		}},
		{"set", browsertest.Dark, set, []browserTest{
			{"the theme is what the system prefers", themeIsPreferred},
			{"the table of runs sorts, filters and finds a run", tableOfRuns},
		}},
		{"many", browsertest.Desk, setPage(t, "forty", fortyWidths()), []browserTest{
			{"a long legend folds", longLegendsFold},
			{"all rows are on paper", rowsAreOnPaper},
			{"charts fit the paper", chartsFitPaper},
		}},
		{"few", browsertest.Desk, setPage(t, "few", fortyWidths()[:4]), []browserTest{
			{"the page is printed", pageIsPrinted},
		}},
		{"grid", browsertest.Desk, gridPage(t), []browserTest{
			{"runs are hidden by a click, and all but one", runsAreHidden},
			{"the chosen run is hidden from the bar", chosenRunIsHidden},
			{"the differences are of the runs that are shown", differencesAreOfShownRuns},
			{"a double click on an entry shows only its curves", entriesShowOnlyTheirs},
			{"a chosen run stands out in every chart", runStandsOut},
			{"a click on a line chooses its run", clickChooses},
			{"runs are coloured by a key", runsAreColoured},
			{"the CSV spells the names of places", csvSpellsNames},
			{"a run's name leads to its page", nameLeads},
			{"the contents lead to every card and leave the address alone", contentsLead},
			{"the filter acts on charts, and the address tells the state", filterActsOnCharts},
			{"the chooser draws what Go draws", chooserDrawsWhatGoDraws},
			{"the chooser chooses", chooserChooses},
		}},
	} {
		page := browsertest.Open(t, browser, screen.html, screen.on)
		page.Fits()
		for _, test := range screen.tests {
			t.Run(screen.name+": "+test.name, func(t *testing.T) {
				test.run(page.In(t))
				page.In(t).Quiet()
			})
		}
	}
}

// A browserTest uses a page as a reader would.
type browserTest struct {
	name string
	run  func(*browsertest.Tab)
}

func legendSwitchesCurves(p *browsertest.Tab) {
	const entry, count = `document.querySelector("#loss .legend button")`, `figures.find(f => f.element.id === "loss").chart.getOption().series.length`
	before := browsertest.Eval[int](p, count)
	browsertest.Eval[any](p, entry+`.click()`)
	if after, pressed := browsertest.Eval[int](p, count), browsertest.Eval[string](p, entry+`.getAttribute("aria-pressed")`); after != before-1 ||
		pressed != "false" {
		p.T.Errorf("after a click: %d of %d curves, aria-pressed %s", after, before, pressed)
	}
	browsertest.Eval[any](p, entry+`.click()`)
	if after := browsertest.Eval[int](p, count); after != before {
		p.T.Errorf("after a second click: %d of %d curves", after, before)
	}
}

func draggingZooms(p *browsertest.Tab) {
	browsertest.Eval[any](p, `document.getElementById("bounds").scrollIntoView()`)
	at := browsertest.Eval[[3]float64](
		p,
		`(() => { const b = figures[0].box.getBoundingClientRect(), g = figures[0]; return [b.left + g.grid.left, b.top + g.grid.top + 100, g.size.width] })()`,
	)

	p.Do(chromedp.DragAndDropXY(at[0]+at[2]/4, at[1], at[0]+at[2]*3/4, at[1]))
	// A quarter and three quarters of a logarithmic axis from 1 to 300.
	window := browsertest.Eval[map[string]float64](p, `epochView.window`)
	if low, high := window["low"], window["high"]; low < 4 || low > 4.4 || high < 69 || high > 76 {
		p.T.Errorf("the window is %v, not about 4.16 to 72.1", window)
	}
	browsertest.Eval[any](p, `figures[3].box.dispatchEvent(new MouseEvent("dblclick"))`)
	if whole := browsertest.Eval[bool](p, `epochView.window === null`); !whole {
		p.T.Error("a double click did not reset the zoom")
	}
}

func tooltipTellsValues(p *browsertest.Tab) {
	at := browsertest.Eval[[2]float64](
		p,
		`(() => { const f = figures[1], b = f.box.getBoundingClientRect(); return [b.left + f.grid.left + f.size.width - 1, b.top + f.grid.top + 20] })()`,
	)

	p.Do(chromedp.MouseEvent("mouseMoved", at[0], at[1]))
	p.Wait(`document.querySelector("#loss .tip") !== null`)
	text := browsertest.Eval[string](p, `document.querySelector("#loss .tip").textContent`)
	var epoch int
	if _, err := fmt.Sscanf(text, "epoch %d", &epoch); err != nil || epoch < 280 {
		p.T.Fatalf("the tooltip at the right-hand end reads %q", text)
	}
	for name, metric := range map[string]string{"train": series.TrainLoss, "test": series.TestLoss} {
		v, _ := trainedRun(64, 42, 300).Curve(metric, "").At(epoch)
		if want := name + figure.FormatNumber(v); !strings.Contains(text, want) {
			p.T.Errorf("the tooltip %q lacks %q", text, want)
		}
	}
}

func csvHoldsData(p *browsertest.Tab) {
	rows, err := csv.NewReader(strings.NewReader(browsertest.Eval[string](p, `csv(figures.find(f => f.element.id === "loss"))`))).
		ReadAll()
	if err != nil {
		p.T.Fatal(err)
	}
	if len(rows) != 1+2*301 || strings.Join(rows[0], ",") != "series,epoch,loss" {
		p.T.Fatalf("%d rows under %q", len(rows), rows[0])
	}
	for text, want := range map[string]string{`"=1+1"`: "'=1+1", `"＝1"`: "'＝1", `"-0.5"`: "-0.5", `-1`: "-1", `"@a,b"`: `"'@a,b"`, `"a=b"`: "a=b"} {
		if got := browsertest.Eval[string](p, `quoted(`+text+`)`); got != want {
			p.T.Errorf("the cell of %s is %s, want %s", text, got, want)
		}
	}

	want, _ := trainedRun(64, 42, 300).Curve(series.TestLoss, "").At(300)
	if got, err := strconv.ParseFloat(rows[602][2], 64); err != nil || !near(got, want, drawnDigits) {
		p.T.Errorf("last row %q, want a loss of %v", rows[602], want)
	}
}

func picturesAreSaved(p *browsertest.Tab) {
	browsertest.Eval[any](
		p,
		`saved = [], download = (name, url) => saved.push([name, url.slice(0, 22)]), savePicture(figures[0], "png"), savePicture(figures[0], "svg")`,
	)
	got := browsertest.Eval[[][2]string](p, `saved`)
	if len(got) != 2 || got[0] != [2]string{"bounds.png", "data:image/png;base64,"} ||
		got[1] != [2]string{"bounds.svg", "data:image/svg+xml;cha"} {
		p.T.Errorf("saved %q", got)
	}
}

func epochsAreShared(p *browsertest.Tab) {
	browsertest.Eval[any](
		p,
		`document.getElementById("from").value = 10, document.getElementById("to").value = 100, document.getElementById("range").requestSubmit()`,
	)

	for _, window := range browsertest.Eval[[][2]float64](p, `overEpochs.map(f => f.chart.getOption().xAxis[0]).map(a => [a.min, a.max])`) {
		if window != [2]float64{10, 100} {
			p.T.Errorf("a chart shows epochs %v, not 10 to 100", window)
		}
	}

	browsertest.Eval[any](p, `document.getElementById("reset-zoom").click()`)
	if !browsertest.Eval[bool](p, `epochView.window === null && element("from").value === ""`) {
		p.T.Error("the zoom is not reset")
	}
	browsertest.Eval[any](p, `document.getElementById("epochs-linear").click()`)
	for _, axis := range browsertest.Eval[[]string](p, `overEpochs.map(f => f.chart.getOption().xAxis[0]).map(a => a.type + " " + a.min + " " + a.max)`) {
		if axis != "value 0 300" {
			p.T.Errorf("a chart's axis is %q after the switch to linear", axis)
		}
	}
}

func numbersAndTicks(p *browsertest.Tab) {
	for v, want := range numberForms {
		if math.IsInf(v, 0) {
			continue // JSON has no way to hand it over
		}
		if got := browsertest.Eval[string](p, fmt.Sprintf("formatNumber(%v)", v)); got != want {
			p.T.Errorf("the page writes %v as %q, Go as %q", v, got, want)
		}
	}

	for call, want := range map[string]string{
		"ticks({low: 0.3, high: 40}, true, 300, 18)":                                        "0.3,0.5,0.7,1,2,3,5,7,10,20,30",
		"ticks({low: 1, high: 1e9}, true, 300, 70)":                                         "1,1000,1000000,1000000000",
		"ticks({low: 2.1, high: 2.2}, true, 300, 60)":                                       "2.1,2.12,2.14,2.16,2.18,2.2",
		"ticks({low: 0, high: 3000}, false, 400, 64)":                                       "0,500,1000,1500,2000,2500,3000",
		"ticks({low: -0.4, high: 1}, false, 200, 34)":                                       "0,0.5,1",
		"ticks(padded(extentOf([-1e308, 1e308], false), false), false, 300, 64)":            "-1e+308,-5e+307,0,5e+307,1e+308",
		"ticks(padded(extentOf([2.5, 2.5000000000000004], false), false), false, 200, 100)": "2.5",
		"ticks({low: 2.5, high: 2.5000000000000004}, false, 200, 100)":                      "2.5",
		"ticks(padded(extentOf([5e-324], true), true), true, 300, 64)":                      "5e-324,1e-323,2e-323",
		"ticks(padded(extentOf([5e-324, 1e308], true), true), true, 300, 64)":               "1e-270,1e-135,1,1e+135,1e+270",
		"ticks(padded(extentOf([1e-300, 1e300], true), true), true, 300, 200)":              "1",
		"ticks({low: 1000000, high: 1000002}, false, 200, 64).map(v => formatTick(v, 1))":   "10⁶,1.000001×10⁶,1.000002×10⁶",
	} {
		if got := browsertest.Eval[string](p, call+".join()"); got != want {
			p.T.Errorf("%s = %s, want %s", call, got, want)
		}
	}
}

func tableOfRuns(p *browsertest.Tab) {
	const column = `[...document.querySelectorAll("#runs tbody tr:not([hidden])")].map(r => r.cells[7].dataset.sort * 1)`
	const heading = `[...document.querySelectorAll("#runs th button")].find(b => b.textContent === "Lower bound").click()`
	browsertest.Eval[any](p, heading)
	if v := browsertest.Eval[[]float64](p, column); len(v) != 36 || v[0] > v[1] || v[0] > v[35] {
		p.T.Errorf("ascending: %v", v)
	}
	browsertest.Eval[any](p, heading)
	if v := browsertest.Eval[[]float64](p, column); v[0] < v[1] || v[0] < v[35] {
		p.T.Errorf("descending: %v", v)
	}
	browsertest.Eval[any](
		p,
		`(() => { const i = document.querySelector("#runs input"); i.value = "w512 completed"; i.dispatchEvent(new Event("input")) })()`,
	)

	if v := browsertest.Eval[[]float64](p, column); len(v) != 3 {
		p.T.Errorf("%d rows pass the filter, want 3", len(v))
	}
	browsertest.Eval[any](p, `document.querySelector("#runs tbody tr:not([hidden])").click()`)
	strong := browsertest.Eval[int](
		p,
		`figures.find(f => f.element.id === "lower-overlay").chart.getOption().series.filter(s => s.lineStyle?.opacity === 1).length`,
	)
	if strong != 1 {
		p.T.Errorf("%d curves stand out, want that of the chosen run", strong)
	}
}

func chartsFollowSize(p *browsertest.Tab) {
	p.Do(chromedp.EmulateViewport(390, 844))
	p.Wait(`figures.every(f => f.box.clientWidth < 390 && f.chart.getWidth() === f.box.clientWidth)`)
	p.Fits()
}

func themeIsPreferred(p *browsertest.Tab) {
	if theme := browsertest.Eval[string](p, `document.documentElement.dataset.theme`); theme != "dark" {
		p.T.Errorf("theme %s, the system prefers dark", theme)
	}
}

func themeSwitches(p *browsertest.Tab) {
	before := browsertest.Eval[string](p, `figures[0].chart.getOption().series[1].lineStyle.color`)
	browsertest.Eval[any](p, `document.getElementById("theme").click()`)
	if after := browsertest.Eval[string](p, `figures[0].chart.getOption().series[1].lineStyle.color`); after == before {
		p.T.Errorf("the curves are %s in both themes", after)
	}
}

// filterActsOnCharts filters the runs to those of one width, and restores that from the address.
func filterActsOnCharts(p *browsertest.Tab) {
	const lines = `figures.find(f => f.element.id === "lower-overlay").visible().filter(s => s.id).length`
	const search = `document.querySelector("#runs input")`
	all := browsertest.Eval[int](p, lines)
	filter := func(text string) int {
		browsertest.Eval[any](p, search+`.value = "`+text+`", `+search+`.dispatchEvent(new Event("input"))`)
		return browsertest.Eval[int](p, lines)
	}

	some := filter("width 64")
	rows := browsertest.Eval[int](p, `document.querySelectorAll("#runs tbody tr:not([hidden])").length`)
	if some == 0 || some >= all || some != rows {
		p.T.Errorf("filtered to %d of %d lines and %d rows", some, all, rows)
	}
	if state := browsertest.Eval[string](p, `location.hash`); state != "#filter=width+64" {
		p.T.Errorf("the address has %q", state)
	}

	browsertest.Eval[any](p, search+`.value = "", hideRuns([]), recall()`)
	if again := browsertest.Eval[int](p, lines); again != some {
		p.T.Errorf("recalled %d lines, not %d", again, some)
	}
	if back := filter(""); back != all || browsertest.Eval[string](p, `location.hash`) != "" {
		p.T.Errorf("without a filter: %d of %d lines", back, all)
	}
}

// contentsLead chooses the last entry of the table of contents, and finds a card for each entry.
func contentsLead(p *browsertest.Tab) {
	const links = `[...document.querySelectorAll(".contents a")]`
	const dead = links + `.filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).length`
	if n := browsertest.Eval[int](p, dead); n > 0 {
		p.T.Errorf("%d entries lead nowhere", n)
	}

	before := browsertest.Eval[string](p, `location.href`)
	browsertest.Eval[any](p, `window.scrollTo(0, 0), `+links+`.at(-1).click()`)
	p.Wait(`window.scrollY > 0`)
	if after := browsertest.Eval[string](p, `location.href`); after != before {
		p.T.Errorf("the address became %s", after)
	}
}
