package plots

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

// upTo returns a run in the state it had at an epoch.
func upTo(t *series.Table, epoch int) *series.Table {
	cut := series.NewTable(t.Header)
	for _, metric := range t.Metrics() {
		for _, label := range t.Labels(metric) {
			c := t.Curve(metric, label)
			for i, e := range c.Epochs {
				if e <= epoch {
					cut.Add(
						series.Point{
							Epoch: e,
							Sample: series.Sample{
								Metric:  metric,
								Label:   label,
								Value:   series.Float(c.Values[i]),
								Kind:    c.Kind,
								Warning: c.Warnings[i],
							},
						},
					)
				}
			}
		}
	}

	return cut
}

// shownOption is the part of a figure that the page's script keeps.
type shownOption struct {
	Series []map[string]any
	Rest   string
}

func shown(t *testing.T, f *figure.Figure) shownOption {
	t.Helper()
	b, err := page.Data(f)
	if err != nil {
		t.Fatal(err)
	}
	return parseOption(t, b)
}

func parseOption(t *testing.T, b []byte) shownOption {
	t.Helper()
	var option map[string]any
	if err := json.Unmarshal(b, &option); err != nil {
		t.Fatal(err)
	}
	var s shownOption
	for _, one := range option["series"].([]any) {
		s.Series = append(s.Series, one.(map[string]any))
	}
	delete(option, "series")
	rest, _ := json.Marshal(option)
	s.Rest = string(rest)
	return s
}

// applied returns the page after the script applied an update; see live.js.
func applied(t *testing.T, page map[string]shownOption, update []byte) {
	t.Helper()
	var u struct {
		Reload  bool
		Figures []struct {
			ID     string
			Option json.RawMessage
			Series []struct {
				Index, Keep int
				Rows        []any
			}
		}
	}

	if err := json.Unmarshal(update, &u); err != nil {
		t.Fatal(err)
	}
	if u.Reload {
		t.Fatal("the page must be reloaded")
	}
	for _, f := range u.Figures {
		if f.Option != nil {
			page[f.ID] = parseOption(t, f.Option)
		}
		for _, s := range f.Series {
			one := page[f.ID].Series[s.Index]
			one["data"] = append(slices.Clone(one["data"].([]any)[:s.Keep]), s.Rows...)
		}
	}
}

func shownPage(t *testing.T, p *page.Page) map[string]shownOption {
	page := map[string]shownOption{}
	for _, f := range p.Figures {
		page[f.ID] = shown(t, f)
	}
	return page
}

// TestUpdatesLeadToThePresentPage follows a growing run (thinned from 2,000 epochs on) and a set in
// which one run grows. Applying the updates to the old page must give the new one.
func TestUpdatesLeadToThePresentPage(t *testing.T) {
	run := trainedRun(64, 1, 2600)
	others := grid(100)[:9]
	for name, pageAt := range map[string]func(epoch int) *page.Page{
		"run": func(epoch int) *page.Page { return RunPage(upTo(run, epoch)) },
		"set": func(epoch int) *page.Page {
			return SetPage("set", entries(append(slices.Clone(others), upTo(run, epoch))))
		},
	} {
		old := pageAt(5)
		page := shownPage(t, old)
		for _, epoch := range []int{6, 7, 20, 21, 300, 1999, 2000, 2001, 2002, 2050, 2600} {
			now := pageAt(epoch)
			update, err := now.Since(old)
			if err != nil {
				t.Fatal(err)
			}
			applied(t, page, update)
			want := shownPage(t, now)
			for _, id := range slices.Sorted(maps.Keys(want)) {
				if !reflect.DeepEqual(page[id], want[id]) {
					t.Fatalf("%s, epoch %d: after the update, %s is not what it should be", name, epoch, id)
				}
			}

			old = now
		}
	}
}

// One more epoch only costs its news: some 35 points, the fits, the table and the head. The largest
// update measured was 11,881 bytes.
const epochBytes = 12_500

func TestUpdatesAreSmall(t *testing.T) {
	run := trainedRun(64, 1, 2600)
	for _, epoch := range []int{50, 300, 1500, 2100, 2500} {
		update, err := RunPage(upTo(run, epoch+1)).Since(RunPage(upTo(run, epoch)))
		if err != nil || len(update) == 0 || len(update) > epochBytes {
			t.Errorf(
				"epoch %d: the update has %d bytes, error %v; want at most %d",
				epoch+1,
				len(update),
				err,
				epochBytes,
			)
		}
	}

	if update, err := RunPage(run).Since(RunPage(run)); update != nil || err != nil {
		t.Errorf("no news is sent as %.200s, error %v", update, err)
	}
}

func TestOtherPartsNeedReloading(t *testing.T) {
	update, err := RunPage(trainedRun(64, 1, 5)).Since(RunPage(deepRun()))
	if string(update) != `{"reload":true}` || err != nil {
		t.Errorf("update %.200s, error %v", update, err)
	}
}

func TestUpdatesOfTablesAreOfTheirRows(t *testing.T) {
	runs := grid(10)
	before := SetPage("set", entries(runs))
	grown := slices.Clone(runs)
	grown[3] = trainedRun(4, 43, 12)
	grown[3].Header = runs[3].Header
	b, err := SetPage("set", entries(grown)).Since(before)
	if err != nil {
		t.Fatal(err)
	}
	var u page.Update
	if err := json.Unmarshal(b, &u); err != nil {
		t.Fatal(err)
	}
	if len(u.Tables) != 1 || u.Tables[0].ID != "runs" || len(u.Tables[0].Rows) != 1 || u.Tables[0].HTML != "" {
		t.Errorf("tables %+v, want one row of the runs", u.Tables)
	}
}
