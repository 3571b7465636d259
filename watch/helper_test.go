package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

// quick is the interval at which test servers check for changes.
const quick = 20 * time.Millisecond

// patient is how long tests wait for an expected event.
const patient = 20 * time.Second

// recorder writes a series as a run does.
type recorder struct {
	t     *testing.T
	path  string
	epoch int
}

// record begins a run in a folder and measures some epochs.
func record(t *testing.T, folder string, h series.Header, epochs int) *recorder {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, path: filepath.Join(folder, rundir.SeriesFile)}
	r.append(func(w *series.Writer) error { return w.WriteHeader(h) })
	r.measure(epochs)
	return r
}

func (r *recorder) append(write func(*series.Writer) error) {
	r.t.Helper()
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	w := series.NewWriter(f)
	if err := write(w); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		r.t.Fatal(err)
	}
}

// measure appends epochs with the lower bound 1 + epoch.
func (r *recorder) measure(epochs int) {
	r.t.Helper()
	for range epochs {
		v := 1 + float64(r.epoch)
		r.append(func(w *series.Writer) error {
			return w.Append(r.epoch, 8*r.epoch,
				series.Sample{Metric: series.TrainLoss, Value: series.Float(2 / v), Kind: series.Exact},
				series.Sample{Metric: series.TestLoss, Value: series.Float(2 / math.Sqrt(v)), Kind: series.Exact},
				series.Sample{Metric: series.LowerBound, Value: series.Float(v), Kind: series.Lower},
				series.Sample{Metric: series.UpperProduct, Value: series.Float(3 * v), Kind: series.Certified})
		})
		r.epoch++
	}
}

func header(run, hidden string) series.Header {
	return series.Header{Experiment: "e", Run: run, Seed: 1, Config: map[string]string{"model.hidden": hidden, "stop.epochs": "1000"}}
}

// serve serves a folder until the returned function is called, which waits for the server to end.
func serve(t *testing.T, dir string, port string) (address string, stop func()) {
	t.Helper()
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.interval = quick
	l, err := listenOn(port)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	stopped := false

	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}

	t.Cleanup(stop)
	return "http://" + l.Addr().String(), stop
}

// get returns the status and the body of a response.
func get(t *testing.T, address string, header ...string) (int, string) {
	t.Helper()
	r := request(t, http.MethodGet, address, header...)
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func request(t *testing.T, method, address string, header ...string) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}

	return r
}

// events is the event stream of a page.
type events struct {
	t    *testing.T
	body io.ReadCloser
	in   *bufio.Reader
}

// listen opens the event stream of a page.
func listen(t *testing.T, page string, header ...string) *events {
	t.Helper()
	response, err := http.DefaultClient.Do(request(t, http.MethodGet, page, header...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("events are of the type %s", kind)
	}
	return &events{t, response.Body, bufio.NewReader(response.Body)}
}

// event is an update and its resulting version.
type event struct {
	id     string
	size   int
	update struct {
		Reload  bool
		Figures []struct {
			ID     string
			Option json.RawMessage
			Series []struct {
				Index, Keep int
				Rows        [][]float64
			}
		}
	}
}

// next waits for the next event.
func (e *events) next() event {
	e.t.Helper()
	var found event
	for {
		line, err := e.in.ReadString('\n')
		if err != nil {
			e.t.Fatalf("waiting for an event: %v", err)
		}
		line = strings.TrimSuffix(line, "\n")
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			found.id = id
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			found.size = len(data)
			if err := json.Unmarshal([]byte(data), &found.update); err != nil {
				e.t.Fatal(err)
			}
			return found
		}
	}
}

// pointsOf returns the epochs of the training loss in an event.
func (e event) pointsOf() []float64 {
	var epochs []float64
	for _, f := range e.update.Figures {
		for _, s := range f.Series {
			if f.ID == "loss" && s.Index == 0 {
				for _, row := range s.Rows {
					epochs = append(epochs, row[0])
				}
			}
		}
	}
	return epochs
}
