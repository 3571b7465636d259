package plots

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestPagesAreDeterministic(t *testing.T) {
	for name, tables := range fixtures() {
		if !bytes.Equal(runPage(t, tables[0]), runPage(t, tables[0])) {
			t.Errorf("%s: two pages of one run differ", name)
		}
		if !bytes.Equal(setPage(t, name, tables), setPage(t, name, tables)) {
			t.Errorf("%s: two pages of one set differ", name)
		}
	}
}

// A tag of a page, with quoted attributes only, and the attributes in it.
var (
	tag       = regexp.MustCompile(`<[a-z](?:[^>"]|"[^"]*")*>`)
	attribute = regexp.MustCompile(`\s([a-z-]+)="([^"]*)"`)
)

// loading are the attributes by which a page could load or link to something.
var loading = []string{"src", "srcset", "href", "action", "data", "poster", "background"}

func TestPagesReferToNothingOutside(t *testing.T) {
	for name, tables := range fixtures() {
		page := strings.ReplaceAll(
			string(setPage(t, name, tables))+string(runPage(t, tables[0])),
			string(page.Library()),
			"",
		)

		for _, match := range attribute.FindAllStringSubmatch(strings.Join(tag.FindAllString(markup(page), -1), ""), -1) {
			within := match[2] == "data:," || strings.HasPrefix(match[2], "#")
			if slices.Contains(loading, match[1]) && !within {
				t.Errorf("%s: the page refers to %s", name, match[2])
			}
		}
		if !strings.Contains(page, "default-src &#39;none&#39;") {
			t.Errorf("%s: no policy against requests", name)
		}
	}
}

var (
	scriptElement = regexp.MustCompile(`(?s)<script[^>]*>.*?</script>`)
	scriptStart   = regexp.MustCompile(`<script`)
)

// markup returns a page without its scripts.
func markup(page string) string { return scriptElement.ReplaceAllString(page, "") }

func TestHostileNamesStayText(t *testing.T) {
	hostile, harmless := hostileRun(), trainedRun(16, 5, 20)
	harmless.Add(series.Point{Epoch: 1, Sample: series.Sample{Metric: "harmless", Label: "label", Value: 1}})
	for name, pages := range map[string][2][]byte{
		"run": {runPage(t, hostile), runPage(t, harmless)},
		"set": {setPage(t, hostileName, []*series.Table{hostile, hostile}), setPage(t, "t", []*series.Table{harmless, harmless})},
	} {
		if got, want := len(scriptStart.FindAll(pages[0], -1)), len(scriptStart.FindAll(pages[1], -1)); got != want {
			t.Errorf("%s: %d scripts on the page of hostile names, %d on that of harmless ones", name, got, want)
		}
		for _, injected := range []string{"<img", "<script>alert"} {
			if strings.Contains(strings.ReplaceAll(string(pages[0]), string(page.Library()), ""), injected) {
				t.Errorf("%s: the page contains %s", name, injected)
			}
		}
	}
}

// A page is mostly its scripts (308,064 bytes when packed); the rest must stay small.
const lightest, heaviest = 300_000, 380_000

// TestPagesUnpack unpacks the scripts of a page as a browser does.
func TestPagesUnpack(t *testing.T) {
	page := string(runPage(t, series.NewTable(series.Header{Run: "empty"})))
	_, rest, _ := strings.Cut(page, `id="packed">`)
	text, _, _ := strings.Cut(rest, "</script>")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}

	scripts, err := io.ReadAll(z)
	if err != nil || !bytes.Contains(scripts, []byte("var echarts=")) ||
		!bytes.Contains(scripts, []byte("class Figure")) {
		t.Errorf("%d bytes of scripts, error %v", len(scripts), err)
	}
	if sum := sha256.Sum256(scripts); !strings.Contains(
		html.UnescapeString(page),
		"sha256-"+base64.StdEncoding.EncodeToString(sum[:]),
	) {
		t.Error("the page's policy does not know its scripts")
	}
}

func TestPageWeight(t *testing.T) {
	if n := len(runPage(t, series.NewTable(series.Header{Run: "empty"}))); n < lightest || n > heaviest {
		t.Errorf("an empty page weighs %d bytes, not between %d and %d", n, lightest, heaviest)
	}
	// Some 30 curves of at most 2,000 points, 15 bytes each, and the cells of a heat map.
	if n := len(runPage(t, trainedRun(64, 1, 6000))); n > heaviest+1_150_000 {
		t.Errorf("the page of 6,000 epochs weighs %d bytes", n)
	}
}

func TestPagesSayWhatHappened(t *testing.T) {
	for _, test := range []struct {
		name  string
		table *series.Table
		want  []string
	}{
		{"trained", trainedRun(64, 42, 200), []string{
			"An MLP with hidden layers [64] (relu, 3,200 parameters), trained on mnist1d (500 points, 10 classes, cross entropy) for 200 epochs.",
			"The best certified upper bound, LipLT, went from ", "At epoch 200 the constant lies between the two, a factor of ",
		}},
		{"empty", series.NewTable(series.Header{Run: "empty"}), []string{"A network, trained on data for 0 epochs. Nothing has been recorded yet."}},
		{
			"diverged", divergedRun(),
			[]string{"It diverged: from epoch 40 on, its values are NaN or infinite.", "At epoch 39 the constant lies"},
		},
		{"one epoch", trainedRun(8, 1, 0), []string{"The lower bound on the Lipschitz constant is "}},
		{"doubtful", doubtfulRun(), []string{"Doubtful values", "covers 50 of 500 probe points", "3 of 54"}},
	} {
		page := string(runPage(t, test.table))
		for _, want := range test.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not say %q", test.name, want)
			}
		}
	}

	set := string(setPage(t, "widths", widthSweep(20)))
	for _, want := range []string{"36 runs that differ in model.hidden: 12 settings, 3 seeds each, all on mnist1d.", "Means over seeds peak inside the range of widths: the lower bound at width"} {
		if !strings.Contains(set, want) {
			t.Errorf("the page of the sweep does not say %q", want)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteErrorsComeBack(t *testing.T) {
	table := trainedRun(8, 1, 2)
	if err := RunPage(table).Write(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("page of a run: %v", err)
	}
	if err := SetPage("title", []Entry{{Table: table}}).Write(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("page of a set: %v", err)
	}
}
