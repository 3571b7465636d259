package plots

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"liptrack/tracker/series"
)

func TestInBrowser(t *testing.T) {
	browser := startBrowser(t)
	run, set := runPage(t, trainedRun(64, 42, 300)), setPage(t, "widths", sweep(60))
	for name, html := range map[string][]byte{
		"run": run, "set": set, "empty": runPage(t, series.NewTable(series.Header{Run: "empty"})), "one epoch": runPage(t, trainedRun(8, 1, 0)),
		"diverged": runPage(t, divergedRun()), "deep": runPage(t, deepRun()), "hostile": runPage(t, hostileRun()),
		"hostile set": setPage(t, hostileName, []*series.Table{hostileRun(), hostileRun(), trainedRun(8, 1, 20)}),
	} {
		t.Run("narrow "+name, func(t *testing.T) {
			p := open(t, browser, html, 390, 844, "light")
			fits(p)
			if title := eval[string](p, `document.querySelector("h1").textContent`); strings.HasPrefix(name, "hostile") && !strings.Contains(title, hostileName) {
				t.Errorf("the title reads %q", title)
			}
			p.quiet()
		})
	}
	for _, screen := range []struct {
		name, theme string
		html        []byte
		tests       []browserTest
	}{
		{"run", "light", run, []browserTest{
			{"a legend entry switches its curve off and on", legendSwitchesCurves},
			{"dragging across a chart zooms, a double click resets", draggingZooms},
			{"a tooltip tells the values under the pointer", tooltipTellsValues},
			{"the CSV holds the drawn data", csvHoldsData},
			{"pictures are saved as PNG and SVG", picturesAreSaved},
			{"zoom and scale of the epochs are shared", epochsAreShared},
			{"numbers and ticks", numbersAndTicks},
			{"the theme can be switched", themeSwitches},
			{"charts follow the size of the page", chartsFollowSize},
		}},
		{"set", "dark", set, []browserTest{
			{"the theme is what the system prefers", themeIsPreferred},
			{"the table of runs sorts, filters and finds a run", tableOfRuns},
		}},
	} {
		page := open(t, browser, screen.html, 1440, 900, screen.theme)
		fits(page)
		for _, test := range screen.tests {
			t.Run(screen.name+": "+test.name, func(t *testing.T) {
				test.run(page.in(t))
				page.in(t).quiet()
			})
		}
	}
}

// A browserTest does something to a page as its reader would.
type browserTest struct {
	name string
	run  func(*tab)
}

func legendSwitchesCurves(p *tab) {
	const entry, count = `document.querySelector("#loss .legend button")`, `figures.find(f => f.element.id === "loss").chart.getOption().series.length`
	before := eval[int](p, count)
	eval[any](p, entry+`.click()`)
	if after, pressed := eval[int](p, count), eval[string](p, entry+`.getAttribute("aria-pressed")`); after != before-1 || pressed != "false" {
		p.t.Errorf("after a click: %d of %d curves, aria-pressed %s", after, before, pressed)
	}
	eval[any](p, entry+`.click()`)
	if after := eval[int](p, count); after != before {
		p.t.Errorf("after a second click: %d of %d curves", after, before)
	}
}

func draggingZooms(p *tab) {
	eval[any](p, `document.getElementById("bounds").scrollIntoView()`)
	at := eval[[3]float64](p, `(() => { const b = figures[0].box.getBoundingClientRect(), g = figures[0]; return [b.left + g.grid.left, b.top + g.grid.top + 100, g.size.width] })()`)
	p.do(chromedp.DragAndDropXY(at[0]+at[2]/4, at[1], at[0]+at[2]*3/4, at[1]))
	// A quarter and three quarters of a logarithmic axis from 1 to 300.
	window := eval[map[string]float64](p, `epochView.window`)
	if low, high := window["low"], window["high"]; low < 4 || low > 4.4 || high < 69 || high > 76 {
		p.t.Errorf("the window is %v, not about 4.16 to 72.1", window)
	}
	eval[any](p, `figures[3].box.dispatchEvent(new MouseEvent("dblclick"))`)
	if whole := eval[bool](p, `epochView.window === null`); !whole {
		p.t.Error("a double click did not reset the zoom")
	}
}

func tooltipTellsValues(p *tab) {
	at := eval[[2]float64](p, `(() => { const f = figures[1], b = f.box.getBoundingClientRect(); return [b.left + f.grid.left + f.size.width - 1, b.top + f.grid.top + 20] })()`)
	p.do(chromedp.MouseEvent("mouseMoved", at[0], at[1]))
	p.wait(`document.querySelector("#loss .tip") !== null`)
	text := eval[string](p, `document.querySelector("#loss .tip").textContent`)
	var epoch int
	if _, err := fmt.Sscanf(text, "epoch %d", &epoch); err != nil || epoch < 280 {
		p.t.Fatalf("the tooltip at the right-hand end reads %q", text)
	}
	for name, metric := range map[string]string{"train": series.TrainLoss, "test": series.TestLoss} {
		v, _ := trainedRun(64, 42, 300).Curve(metric, "").At(epoch)
		if want := name + formatNumber(v); !strings.Contains(text, want) {
			p.t.Errorf("the tooltip %q lacks %q", text, want)
		}
	}
}

func csvHoldsData(p *tab) {
	rows, err := csv.NewReader(strings.NewReader(eval[string](p, `csv(figures.find(f => f.element.id === "loss"))`))).ReadAll()
	if err != nil {
		p.t.Fatal(err)
	}
	if len(rows) != 1+2*301 || strings.Join(rows[0], ",") != "series,epoch,loss" {
		p.t.Fatalf("%d rows under %q", len(rows), rows[0])
	}
	want, _ := trainedRun(64, 42, 300).Curve(series.TestLoss, "").At(300)
	if got, err := strconv.ParseFloat(rows[602][2], 64); err != nil || !near(got, want, drawnDigits) {
		p.t.Errorf("last row %q, want a loss of %v", rows[602], want)
	}
}

func picturesAreSaved(p *tab) {
	eval[any](p, `saved = [], download = (name, url) => saved.push([name, url.slice(0, 22)]), savePicture(figures[0], "png"), savePicture(figures[0], "svg")`)
	got := eval[[][2]string](p, `saved`)
	if len(got) != 2 || got[0] != [2]string{"bounds.png", "data:image/png;base64,"} || got[1] != [2]string{"bounds.svg", "data:image/svg+xml;cha"} {
		p.t.Errorf("saved %q", got)
	}
}

func epochsAreShared(p *tab) {
	eval[any](p, `document.getElementById("from").value = 10, document.getElementById("to").value = 100, document.getElementById("range").requestSubmit()`)
	for _, window := range eval[[][2]float64](p, `figures.map(f => f.chart.getOption().xAxis[0]).map(a => [a.min, a.max])`) {
		if window != [2]float64{10, 100} {
			p.t.Errorf("a chart shows epochs %v, not 10 to 100", window)
		}
	}
	eval[any](p, `document.getElementById("epochs-linear").click()`)
	for _, axis := range eval[[]string](p, `figures.map(f => f.chart.getOption().xAxis[0]).map(a => a.type + " " + a.min + " " + a.max)`) {
		if axis != "value 0 300" {
			p.t.Errorf("a chart's axis is %q after the switch to linear", axis)
		}
	}
}

func numbersAndTicks(p *tab) {
	for v, want := range numberForms {
		if math.IsInf(v, 0) {
			continue // JSON has no way to hand it over
		}
		if got := eval[string](p, fmt.Sprintf("formatNumber(%v)", v)); got != want {
			p.t.Errorf("the page writes %v as %q, Go as %q", v, got, want)
		}
	}
	for call, want := range map[string]string{
		"ticks({low: 0.3, high: 40}, true, 300, 18)":  "0.3,0.5,0.7,1,2,3,5,7,10,20,30",
		"ticks({low: 1, high: 1e9}, true, 300, 70)":   "1,1000,1000000,1000000000",
		"ticks({low: 2.1, high: 2.2}, true, 300, 60)": "2.1,2.12,2.14,2.16,2.18,2.2",
		"ticks({low: 0, high: 3000}, false, 400, 64)": "0,500,1000,1500,2000,2500,3000",
		"ticks({low: -0.4, high: 1}, false, 200, 34)": "0,0.5,1",
	} {
		if got := eval[string](p, call+".join()"); got != want {
			p.t.Errorf("%s = %s, want %s", call, got, want)
		}
	}
}

func tableOfRuns(p *tab) {
	const column = `[...document.querySelectorAll("#runs tbody tr:not([hidden])")].map(r => r.cells[7].dataset.sort * 1)`
	const heading = `[...document.querySelectorAll("#runs th button")].find(b => b.textContent === "Lower bound").click()`
	eval[any](p, heading)
	if v := eval[[]float64](p, column); len(v) != 36 || v[0] > v[1] || v[0] > v[35] {
		p.t.Errorf("ascending: %v", v)
	}
	eval[any](p, heading)
	if v := eval[[]float64](p, column); v[0] < v[1] || v[0] < v[35] {
		p.t.Errorf("descending: %v", v)
	}
	eval[any](p, `(() => { const i = document.querySelector("#runs input"); i.value = "w512 completed"; i.dispatchEvent(new Event("input")) })()`)
	if v := eval[[]float64](p, column); len(v) != 3 {
		p.t.Errorf("%d rows pass the filter, want 3", len(v))
	}
	eval[any](p, `document.querySelector("#runs tbody tr:not([hidden])").click()`)
	strong := eval[int](p, `figures.find(f => f.element.id === "lower-overlay").chart.getOption().series.filter(s => s.lineStyle.opacity === 1).length`)
	if strong != 1 {
		p.t.Errorf("%d curves stand out, want that of the chosen run", strong)
	}
}

func chartsFollowSize(p *tab) {
	p.do(chromedp.EmulateViewport(390, 844))
	p.wait(`figures.every(f => f.box.clientWidth < 390 && f.chart.getWidth() === f.box.clientWidth)`)
	fits(p)
}

func themeIsPreferred(p *tab) {
	if theme := eval[string](p, `document.documentElement.dataset.theme`); theme != "dark" {
		p.t.Errorf("theme %s, the system prefers dark", theme)
	}
}

func themeSwitches(p *tab) {
	before := eval[string](p, `figures[0].chart.getOption().series[1].lineStyle.color`)
	eval[any](p, `document.getElementById("theme").click()`)
	if after := eval[string](p, `figures[0].chart.getOption().series[1].lineStyle.color`); after == before {
		p.t.Errorf("the curves are %s in both themes", after)
	}
}

// fits fails the test where the page scrolls sideways or a chart is blank.
func fits(p *tab) {
	p.t.Helper()
	width := eval[int](p, `innerWidth`)
	if over := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		p.t.Errorf("%d pixels too wide at %d", over, width)
	}
	if blank := eval[[]string](p, blankCharts); len(blank) > 0 {
		p.t.Errorf("nothing drawn at %d in %q", width, blank)
	}
}

// blankCharts lists the figures on whose canvas no pixel has the colour of a curve.
const blankCharts = `figures.filter(f => {
  const shown = f.box.querySelector("canvas"), copy = new OffscreenCanvas(shown.width, shown.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(shown, 0, 0);
  const pixels = new Set(new Uint32Array(copy.getImageData(0, 0, shown.width, shown.height).data.buffer));
  return !f.chart.getOption().series.some(s => {
    const [red, green, blue] = echarts.color.parse(s.color);
    return pixels.has((0xff000000 | blue << 16 | green << 8 | red) >>> 0);
  });
}).map(f => f.element.id)`
