package plots

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/liptrack/liptrack/internal/browsertest"
)

// gridPage returns the page of runs over two keys, with links to the pages of the runs.
func gridPage(t *testing.T) []byte {
	t.Helper()
	var runs []Entry
	for _, table := range grid(60) {
		runs = append(runs, Entry{table, table.Header.Run + "/report.html"})
	}
	var b bytes.Buffer
	if err := SetPage("grid", runs).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const chosenRun = "mnist1d-widths / w008-s42-n0.1"

// unchoose clears the choice of a run.
const unchoose = `selectedRun && chooseRun(selectedRun)`

func runStandsOut(p *browsertest.Tab) {
	browsertest.Eval[any](p, `document.querySelector('tr[data-run="`+chosenRun+`"]').click()`)
	for what, script := range map[string]string{
		"lines of an overlay at full strength": `figures.find(f => f.element.id === "lower-overlay").chart.getOption().series.filter(s => s.lineStyle?.opacity === 1).length`,
		"strands at full strength":             `figures.find(f => f.dims).chart.getOption().series.filter(s => s.lineStyle.opacity === 1).length`,
		"rings on the test loss":               `figures.find(f => f.element.id === "final-test-loss").chart.getOption().series.at(-1).data.length`,
		"framed tiles":                         `figures.find(f => f.element.id === "lower-map").series.flatMap(chosenRows).length`,
		"marked rows":                          `document.querySelectorAll("tr[aria-selected=true]").length`,
	} {
		if n := browsertest.Eval[int](p, script); n != 1 {
			p.T.Errorf("%d %s, want 1", n, what)
		}
	}

	browsertest.Eval[any](p, unchoose)
	if n := browsertest.Eval[int](p, `document.querySelectorAll("tr[aria-selected=true]").length`); n != 0 {
		p.T.Errorf("%d rows are marked when no run is chosen", n)
	}
}

func clickChooses(p *browsertest.Tab) {
	// The last point of a line that has no other line nearby.
	const line = `figures.find(f => f.element.id === "test-overlay")`
	browsertest.Eval[any](p, `document.getElementById("test-overlay").scrollIntoView()`)
	at := browsertest.Eval[[2]float64](p, `(() => { const f = `+line+`, b = f.box.getBoundingClientRect();
		const top = f.series.filter(s => s.id).reduce((a, s) => s.data.at(-1)[1] > a.data.at(-1)[1] ? s : a);
		return [b.left + f.grid.left + f.size.width * f.placeX(top.data.at(-1)[0]) - 1, b.top + f.grid.top + f.size.height * (1 - f.placeY(top.data.at(-1)[1]))] })()`)
	want := browsertest.Eval[string](
		p,
		line+`.series.filter(s => s.id).reduce((a, s) => s.data.at(-1)[1] > a.data.at(-1)[1] ? s : a).id.split("-n")[0]`,
	)

	p.Do(chromedp.MouseClickXY(at[0], at[1]))
	// Runs that only differ in the noise have the same line.
	if got := browsertest.Eval[string](p, `selectedRun ?? ""`); !strings.HasPrefix(got, want) {
		p.T.Errorf("a click on the line of %s chose %q", want, got)
	}
	browsertest.Eval[any](p, unchoose)
}

func runsAreColoured(p *browsertest.Tab) {
	legend := func(id string) []string {
		return browsertest.Eval[[]string](
			p,
			fmt.Sprintf(`[...document.querySelectorAll("#%s .legend button")].map(b => b.textContent)`, id),
		)
	}

	colour := func(i string) {
		browsertest.Eval[any](
			p,
			`document.getElementById("colour").value = "`+i+`", document.getElementById("colour").dispatchEvent(new Event("change"))`,
		)
	}

	before := legend("lower-overlay")
	if options := browsertest.Eval[string](p, `[...document.getElementById("colour").options].map(o => o.text).join()`); options != "setting,label_noise,hidden,seed" {
		p.T.Errorf("the choices are %s", options)
	}
	for i, want := range map[string][]string{
		"0": {"label_noise 0", "label_noise 0.1", "label_noise 0.2"}, "1": {"hidden 2", "hidden 4", "hidden 8", "hidden 12", "hidden 16"}, "2": {"seed 42", "seed 43"}, "": before,
	} {
		colour(i)
		for _, id := range []string{"lower-overlay", "parallel"} {
			if got := legend(id); !slices.Equal(got, want) {
				p.T.Errorf("coloured by %q, the legend of %s is %q, want %q", i, id, got, want)
			}
		}
	}

	colour("2")
	colours := browsertest.Eval[int](
		p,
		`new Set(figures.find(f => f.dims).chart.getOption().series.map(s => s.lineStyle.color)).size`,
	)
	if colours != 2 {
		p.T.Errorf("runs of two seeds have %d colours", colours)
	}
	colour("")
}

func csvSpellsNames(p *browsertest.Tab) {
	for id, want := range map[string]string{
		"lower-map": "series,hidden,label_noise,lower bound\r\nlower bound,2,0,",
		"parallel":  "series,label_noise,hidden,train loss,test loss,lower bound,best certified,gap\r\n\"label_noise 0, width 2 · w002-s42-n0\",0,2,",
	} {
		if got := browsertest.Eval[string](p, `csv(figures.find(f => f.element.id === "`+id+`"))`); !strings.HasPrefix(
			got,
			want,
		) {
			p.T.Errorf("%s: the CSV begins %.150q, want %q", id, got, want)
		}
	}
}

func nameLeads(p *browsertest.Tab) {
	const link = `document.querySelector('tr[data-run="` + chosenRun + `"] a')`
	if href := browsertest.Eval[string](p, link+`.getAttribute("href")`); href != "w008-s42-n0.1/report.html" {
		p.T.Errorf("the name leads to %s", href)
	}
	browsertest.Eval[any](
		p,
		`(() => { const a = `+link+`; a.addEventListener("click", e => e.preventDefault()); a.click() })()`,
	)
	if chosen := browsertest.Eval[bool](p, `selectedRun !== null`); chosen {
		p.T.Error("following a link chooses the run")
	}
}
