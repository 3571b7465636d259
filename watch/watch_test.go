package watch

import (
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

// listenOn listens on a port, "0" for any free one.
func listenOn(port string) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:"+port) }

func TestFoldersHavePages(t *testing.T) {
	dir := t.TempDir()
	for _, run := range []string{"a/4-seed1", "a/8-seed1", "b/only"} {
		record(t, filepath.Join(dir, run), header(filepath.Base(run), "["+strings.Split(filepath.Base(run), "-")[0]+"]"), 3)
	}
	if err := os.WriteFile(filepath.Join(dir, "a/4-seed1", rundir.StatusFile), []byte(`{"state": "running"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	address, _ := serve(t, dir, "0")
	for path, want := range map[string][]string{
		"/":           {"2 experiments", `<a href="a/">a</a>`, "1 running, 1 unknown", `<a href="b/only/">b</a>`},
		"/a/":         {"2 runs that differ in model.hidden", `<a href="4-seed1/">4-seed1</a>`, `<a href="../">up</a>`, "parallel"},
		"/a/8-seed1/": {"e / 8-seed1", "for 2 epochs", `<a href="../">up</a>`},
		"/b/":         {"1 run"},
	} {
		status, page := get(t, address+path)
		if status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page lacks %q", path, w)
			}
		}
		if len(page) > 500_000 {
			t.Errorf("%s: the page has %d bytes: echarts must not be sent with each", path, len(page))
		}
	}

	if status, body := get(t, address+"/a"); status != http.StatusMovedPermanently || !strings.Contains(body, `"/a/"`) {
		t.Errorf("/a: status %d, %s", status, body)
	}
	_, page := get(t, address+"/")
	library := regexp.MustCompile(`<script src="([^"]+)">`).FindStringSubmatch(page)
	if library == nil {
		t.Fatal("the page does not refer to echarts")
	}
	if status, script := get(t, address+library[1]); status != http.StatusOK || !strings.Contains(script, "Apache ECharts 5.6.0") {
		t.Errorf("%s: status %d, %d bytes", library[1], status, len(script))
	}
}

// TestEnsemblesAreOnThePageOfTheirRuns writes ensembles while the page is being served.
func TestEnsemblesAreOnThePageOfTheirRuns(t *testing.T) {
	dir := t.TempDir()
	for _, run := range []string{"4-seed1", "4-seed2", "8-seed1", "8-seed2"} {
		record(t, filepath.Join(dir, "a", run), header(run, "["+run[:1]+"]"), 3)
	}
	address, _ := serve(t, dir, "0")
	const chart = `"variance-bound"`
	if status, page := get(t, address+"/a/"); status != http.StatusOK || strings.Contains(page, chart) {
		t.Errorf("status %d, or ensembles are drawn that have not been measured", status)
	}
	if err := os.Mkdir(filepath.Join(dir, "a", rundir.EnsemblesFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"4", "8"} {
		h := header(hidden, "["+hidden+"]")
		h.Members = []series.Member{{Run: hidden + "-seed1", Seed: 1}, {Run: hidden + "-seed2", Seed: 2}}
		r := &recorder{t: t, path: filepath.Join(dir, "a", rundir.EnsemblesFolder, hidden+".jsonl")}
		r.append(func(w *series.Writer) error {
			sample := series.Sample{Metric: series.VarianceBound, Label: "at=zero,by=upper", Value: 5, Kind: series.Certified}
			return errors.Join(w.WriteHeader(h), w.Append(2, 16, sample))
		})
	}

	status, page := get(t, address+"/a/")
	if status != http.StatusOK || !strings.Contains(page, chart) || !strings.Contains(page, "4 runs that differ in model.hidden") {
		t.Errorf("status %d; the page lacks the ensembles, or takes them for runs", status)
	}
}

func TestNothingRecordedYet(t *testing.T) {
	dir := t.TempDir()
	address, _ := serve(t, dir, "0")
	if _, page := get(t, address+"/"); !strings.Contains(page, "No run has been recorded here yet") {
		t.Error("the page of an empty folder does not say so")
	}
	stream := listen(t, address+"/?events&from=0")
	if first := stream.next(); !first.update.Reload {
		t.Errorf("event %+v", first)
	}
	if err := os.MkdirAll(filepath.Join(dir, "a", "r"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "r", rundir.SeriesFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a/", "/a/r/"} {
		if status, page := get(t, address+path); status != http.StatusOK || !strings.Contains(page, "recorded") {
			t.Errorf("%s, of an empty series: status %d", path, status)
		}
	}
}

// TestOnlyTheFolderIsRead requests paths outside the folder in many ways, and paths that are not
// runs.
func TestOnlyTheFolderIsRead(t *testing.T) {
	outside := t.TempDir()
	record(t, filepath.Join(outside, "secret"), header("secret", "[7]"), 2)
	dir := filepath.Join(outside, "runs")
	record(t, filepath.Join(dir, "a", "r"), header("r", "[8]"), 2)

	for link, target := range map[string]string{"a/out": filepath.Join(outside, "secret"), "up": "..", "a/r/checkpoints": "/etc"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}

	address, _ := serve(t, dir, "0")
	for _, path := range []string{
		"/../secret/", "/%2e%2e/secret/", "/..%2fsecret/", "/a/../../secret/", "/a/out/", "/up/secret/", "/up/", "/a/r/checkpoints/", "//etc/", "/a//r/", "/./a/",
		"/a/r/series.jsonl/", "/a/r/%00/", "/a\\r/", "/nothing/", "/a/r/series.jsonl", "/" + strings.Repeat("x/", 3000),
	} {
		status, body := get(t, address+path)
		if status == http.StatusOK || strings.Contains(body, "secret") && !strings.HasPrefix(body, "<a href") {
			t.Errorf("%.60s: status %d, %.100s", path, status, body)
		}
	}

	if status, page := get(t, address+"/a/"); status != http.StatusOK || strings.Contains(page, "secret") {
		t.Errorf("the page of runs among which a link leads out: status %d", status)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	dir := t.TempDir()
	record(t, filepath.Join(dir, "a", "r"), header("r", "[8]"), 2)
	address, _ := serve(t, dir, "0")
	own := strings.TrimPrefix(address, "http://")
	_, port, _ := net.SplitHostPort(own)

	for _, test := range []struct {
		header []string
		want   int
	}{
		{nil, http.StatusOK},
		{[]string{"Host", "localhost:" + port}, http.StatusOK},
		{[]string{"Host", "localhost:9999"}, http.StatusOK}, // through a tunnel
		{[]string{"Host", "[::1]:" + port}, http.StatusOK},
		{[]string{"Origin", address}, http.StatusOK},
		{[]string{"Host", "evil.example"}, http.StatusForbidden},
		{[]string{"Host", "127.0.0.1.evil.example:" + port}, http.StatusForbidden},
		{[]string{"Host", "0.0.0.0:" + port}, http.StatusForbidden},
		{[]string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{[]string{"Origin", "null"}, http.StatusForbidden},
		{[]string{"Origin", "http://127.0.0.1:1"}, http.StatusForbidden},
		{[]string{"Origin", "https://" + own}, http.StatusForbidden},
	} {
		for _, path := range []string{"/", "/a/r/", "/?library"} {
			if status, _ := get(t, address+path, test.header...); status != test.want {
				t.Errorf("%s with %q: status %d, want %d", path, test.header, status, test.want)
			}
		}
	}

	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		response, err := http.DefaultClient.Do(request(t, method, address+"/"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, response.StatusCode)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	const hostile = `<img src=x onerror=alert(1)>"'&`
	dir := t.TempDir()
	record(t, filepath.Join(dir, hostile, hostile+"1"), header(hostile, "[8]"), 3)
	record(t, filepath.Join(dir, hostile, hostile+"2"), header(hostile, "[9]"), 3)
	address, _ := serve(t, dir, "0")
	link := regexp.MustCompile(`<tr[^>]*><td><a href="([^"]+)">`)
	path := "/"

	for range 3 { // the folder, the experiment, the run
		status, page := get(t, address+path)
		if status != http.StatusOK || strings.Contains(page, "<img") {
			t.Errorf("%s: status %d, or markup from a name", path, status)
		}
		if found := link.FindStringSubmatch(page); found != nil {
			path += html.UnescapeString(found[1])
		}
	}
	if !strings.HasSuffix(path, "1/") {
		t.Errorf("the links lead to %s only", path)
	}
}

// TestStopEndsEverything stops a server with readers and counts the remaining goroutines.
func TestStopEndsEverything(t *testing.T) {
	dir := t.TempDir()
	record(t, filepath.Join(dir, "r"), header("r", "[8]"), 3)
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	address, stop := serve(t, dir, "0")
	var readers []*events

	for range 3 {
		readers = append(readers, listen(t, address+"/r/?events&from=0"))
		readers[len(readers)-1].next()
	}

	stop()
	for _, r := range readers {
		if _, err := r.in.ReadString('\x00'); err == nil {
			t.Error("a stream goes on after the end")
		}
		r.body.Close()
	}

	http.DefaultClient.CloseIdleConnections()
	for deadline := time.Now().Add(patient); runtime.NumGoroutine() > before; time.Sleep(quick) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}

	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(address, "http://"), time.Second); err == nil {
		t.Error("the port is still open")
	}
}

func TestVersionsAreReadBack(t *testing.T) {
	for _, v := range []version{
		{0, nil}, {1 << 63, []part{{0, rundir.Running}}}, {12345, []part{{7, rundir.Unknown}, {1 << 40, rundir.Failed}, {0, rundir.Damaged}}},
	} {
		got, err := parseVersion(v.String())
		if err != nil || got.origin != v.origin || !slices.Equal(got.parts, v.parts) {
			t.Errorf("%v is read back as %v, error %v", v, got, err)
		}
	}

	for _, s := range []string{"", "-", "1.", "1.x!", "1.-5", "zzzzzzzzzzzzzzzzzzzz", "1..2", "1.5", "1.5-", "1.5-99", "1.5--1"} {
		if v, err := parseVersion(s); err == nil && s != "1." {
			t.Errorf("%q passes for the version %v", s, v)
		}
	}

	if _, err := New(filepath.Join(t.TempDir(), "absent")); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("error %v", err)
	}
	l, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	var taken int
	fmt.Sscan(port, &taken)
	if _, err := Listen(taken); err == nil || !strings.Contains(err.Error(), "--port 0") {
		t.Errorf("error %v", err)
	}
}
