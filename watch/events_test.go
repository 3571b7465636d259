package watch

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/browsertest"
)

var versionOf = regexp.MustCompile(`data-version="([^"]+)"`)

// versionShown returns the version of the page that a reader has just loaded.
func versionShown(t *testing.T, page string) string {
	t.Helper()
	_, html := get(t, page)
	found := versionOf.FindStringSubmatch(html)
	if found == nil {
		t.Fatal("the page has no version")
	}
	return found[1]
}

// newPoints bounds the size of an update with a few epochs of four metrics. The page itself has
// some 100,000 bytes.
const newPoints = 10_000

func TestEventsBringWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	run := record(t, filepath.Join(dir, "r"), header("r", "[8]"), 50)
	address, _ := serve(t, dir, "0")
	page := address + "/r/"
	stream := listen(t, page+"?events&from="+versionShown(t, page))
	run.measure(2)
	var epochs []float64

	for len(epochs) < 2 { // both at once, or one by one
		e := stream.next()
		epochs = append(epochs, e.pointsOf()...)
		if e.size > newPoints {
			t.Errorf("an event has %d bytes", e.size)
		}
	}
	if !slices.Equal(epochs, []float64{50, 51}) {
		t.Errorf("epochs %v, want 50 and 51 and nothing else", epochs)
	}
}

// TestReadersGoOnWhereTheyWere reconnects readers, also to another server.
func TestReadersGoOnWhereTheyWere(t *testing.T) {
	dir := t.TempDir()
	run := record(t, filepath.Join(dir, "e", "a"), header("a", "[8]"), 50)
	other := record(t, filepath.Join(dir, "e", "b"), header("b", "[16]"), 50)
	first, stop := serve(t, dir, "0")
	had := versionShown(t, first+"/e/a/")
	hadSet := versionShown(t, first+"/e/")
	stop()
	run.measure(3)
	other.measure(1)
	second, _ := serve(t, dir, "0")
	e := listen(t, second+"/e/a/?events&from=nonsense", "Last-Event-ID", had).next()
	if got := e.pointsOf(); e.update.Reload || !slices.Equal(got, []float64{50, 51, 52}) || e.size > newPoints {
		t.Errorf("after %s: epochs %v in %d bytes, reload %v", had, got, e.size, e.update.Reload)
	}
	if e.id != versionShown(t, second+"/e/a/") {
		t.Errorf("the event leads to %s", e.id)
	}
	if e := listen(t, second+"/e/?events&from="+url.QueryEscape(hadSet)).next(); e.update.Reload || len(e.update.Figures) == 0 {
		t.Errorf("of the set: %+v", e)
	}
}

// TestListsOfExperimentsFollow changes the states of runs.
func TestListsOfExperimentsFollow(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "a", "r")
	record(t, run, header("r", "[8]"), 3)
	s, reader, out := readerOf(t, dir, ".")
	s.advance(reader, subject{folder: "."})
	if err := os.WriteFile(filepath.Join(run, rundir.StatusFile), []byte(`{"state": "completed"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	s.advance(reader, subject{folder: "."})
	if got := out.Body.String(); !strings.Contains(got, `"rows":{"0":`) || !strings.Contains(got, "1 completed") || strings.Contains(got, "reload") {
		t.Errorf("sent %s", got)
	}
}

// readerOf returns a reader that has just loaded the page of a folder, and its events.
func readerOf(t *testing.T, dir, folder string) (*Server, *stream, *httptest.ResponseRecorder) {
	t.Helper()
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.root.Close() })
	_, state, err := s.page(subject{folder: folder}, "")
	if err != nil {
		t.Fatal(err)
	}
	out := httptest.NewRecorder()
	return s, &stream{out: out, control: http.NewResponseController(out), state: state, sent: time.Now()}, out
}

// TestNoWayBackMeansReloading replaces the series that the reader saw.
func TestNoWayBackMeansReloading(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "r")
	record(t, folder, header("r", "[8]"), 50)
	address, _ := serve(t, dir, "0")
	page := address + "/r/"
	had := versionShown(t, page)

	for name, from := range map[string]string{
		"nonsense": "nonsense", "of other runs": had + ".1", "between lines": edit(had, -1), "beyond the end": edit(had, 1000),
	} {
		if e := listen(t, page+"?events&from="+from).next(); !e.update.Reload {
			t.Errorf("%s: %+v", name, e)
		}
	}

	stream := listen(t, page+"?events&from="+had)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if e := stream.next(); !e.update.Reload {
		t.Errorf("gone: %+v", e)
	}
	record(t, folder, header("r", "[9]"), 60) // restarted with another configuration
	if e := listen(t, page+"?events&from="+had).next(); !e.update.Reload {
		t.Errorf("another configuration: %+v", e)
	}
}

// edit returns a version whose only series is some bytes longer.
func edit(id string, more int64) string {
	v, err := parseVersion(id)
	if err != nil {
		panic(err)
	}
	v.parts[0].length += more
	return v.String()
}

// TestCutSeriesAreReadAnew truncates a series, as resuming a run does.
func TestCutSeriesAreReadAnew(t *testing.T) {
	dir := t.TempDir()
	run := record(t, filepath.Join(dir, "r"), header("r", "[8]"), 20)
	checkpoint, err := os.Stat(run.path)
	if err != nil {
		t.Fatal(err)
	}
	run.measure(5)
	address, _ := serve(t, dir, "0")
	page := address + "/r/"
	stream := listen(t, page+"?events&from="+versionShown(t, page))
	if err := os.Truncate(run.path, checkpoint.Size()); err != nil {
		t.Fatal(err)
	}
	cut := stream.next()
	run.epoch = 20
	run.measure(5)
	var epochs []float64

	for len(epochs) < 5 {
		epochs = append(epochs, stream.next().pointsOf()...)
	}
	if len(cut.pointsOf()) != 0 || !slices.Equal(epochs, []float64{20, 21, 22, 23, 24}) {
		t.Errorf("cut: %v, then %v", cut.pointsOf(), epochs)
	}
}

// TestSlowReadersGetOneUpdate checks that an update covers everything since the last one.
func TestSlowReadersGetOneUpdate(t *testing.T) {
	dir := t.TempDir()
	run := record(t, filepath.Join(dir, "r"), header("r", "[8]"), 20)
	s, reader, out := readerOf(t, dir, "r")
	run.measure(30)
	for range 3 {
		s.advance(reader, subject{folder: "r"})
	}
	if n := strings.Count(out.Body.String(), "data: "); n != 1 || out.Body.Len() > newPoints {
		t.Errorf("30 epochs come in %d events of %d bytes", n, out.Body.Len())
	}
}

func TestInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	dir := t.TempDir()
	run := record(t, filepath.Join(dir, "e", "a"), header("a", "[8]"), 50)
	record(t, filepath.Join(dir, "e", "b"), header("b", "[16]"), 50)
	address, stop := serve(t, dir, "0")

	one := browsertest.Visit(t, browser, address, "/e/a/", browsertest.Desk)
	set := browsertest.Visit(t, browser, address, "/e/", browsertest.Narrow)
	const lastEpoch = `figures.find(f => f.element.id === "loss").series[0].data.at(-1)[0]`
	for _, tab := range []*browsertest.Tab{one, set} {
		tab.Wait(`document.getElementById("live").dataset.state === "live"`)
		tab.Fits()
	}
	run.measure(5)
	one.Wait(lastEpoch + ` === 54`)
	one.Wait(`document.getElementById("head").textContent.includes("for 54 epochs")`)
	one.Wait(`figures[0].chart.getOption().xAxis[0].max === 54`)
	set.Wait(`document.querySelector('tr[data-run="e / a"]').cells[3].textContent === "54"`)
	set.Wait(`figures.find(f => f.element.id === "lower-overlay").series.find(s => s.id === "e / a").data.at(-1)[0] === 54`)
	record(t, filepath.Join(dir, "e", "c"), header("c", "[32]"), 10)
	set.Wait(`document.querySelectorAll("#runs tbody tr").length === 3`)
	for _, tab := range []*browsertest.Tab{one, set} {
		tab.Fits()
		tab.Quiet()
	}

	// The server stops and restarts while the run continues.
	stop()
	one.Wait(`document.getElementById("live").dataset.state === "lost"`)
	run.measure(5)
	_, port := splitAddress(t, address)
	serve(t, dir, port)
	one.Wait(lastEpoch + ` === 59`)
	one.Wait(`document.getElementById("live").dataset.state === "live"`)
}

// TestNothingNewIsNothingSent watches pages of all kinds that do not change for a while.
func TestNothingNewIsNothingSent(t *testing.T) {
	dir := t.TempDir()
	record(t, filepath.Join(dir, "a", "r"), header("r", "[8]"), 3)
	record(t, filepath.Join(dir, "a", "s"), header("s", "[9]"), 3)
	for _, folder := range []string{".", "a", "a/r"} {
		s, reader, out := readerOf(t, dir, folder)
		for range 3 {
			s.advance(reader, subject{folder: folder})
		}
		if out.Body.Len() > 0 || reader.page == nil {
			t.Errorf("%s: sent %q", folder, out.Body)
		}
	}
}

func splitAddress(t *testing.T, address string) (host, port string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Hostname(), u.Port()
}
