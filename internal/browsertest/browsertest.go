// Package browsertest lets tests open pages in a real Chromium, as readers do, and records
// everything that a page should not do. Only tests import it.
package browsertest

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// timeout ends a test whose browser hangs. A page takes about a second, or many on a busy machine.
const timeout = 90 * time.Second

// findChromium returns the path of an installed Chromium, or "" if there is none. scripts/bare sets
// NO_CHROMIUM to test a machine without one.
func findChromium() string {
	if os.Getenv("NO_CHROMIUM") != "" {
		return ""
	}

	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err == nil {
			return path
		}
	}

	return ""
}

// Start starts a headless Chromium that cannot reach other machines, and stops it when the test
// ends. It skips the test if no Chromium is installed.
func Start(t *testing.T) context.Context {
	t.Helper()
	path := findChromium()
	if path == "" {
		t.Skip("no Chromium installed: pages are not tested in a browser")
	}

	// Only this machine's name resolves, so any request of a page to another host fails.
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}

	return ctx
}

// A Screen is the size of a window in pixels and its colour scheme, "light" or "dark".
type Screen struct {
	Width, Height int64
	Theme         string
}

// Screens of a desktop computer, in light and dark, and of a telephone.
var (
	Desk   = Screen{1440, 900, "light"}
	Dark   = Screen{1440, 900, "dark"}
	Narrow = Screen{390, 844, "light"}
)

// A Tab is a page opened in the browser.
type Tab struct {
	T       *testing.T
	ctx     context.Context
	trouble *trouble
}

// trouble records what a page did that it should not.
type trouble struct {
	allowed string // prefix of the addresses that may be requested; "" for none
	mu      sync.Mutex
	what    []string
}

// Open opens a page from its HTML in a new tab and returns once its charts are drawn.
func Open(t *testing.T, browser context.Context, html []byte, s Screen) *Tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	err := os.WriteFile(path, html, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	address := url.URL{Scheme: "file", Path: path}
	return visit(t, browser, address.String(), "", s)
}

// Visit opens the page at a path of a server in a new tab and returns once its charts are drawn.
// The page may send requests to that server.
func Visit(t *testing.T, browser context.Context, server, path string, s Screen) *Tab {
	t.Helper()
	return visit(t, browser, server+path, server, s)
}

func visit(t *testing.T, browser context.Context, address, allowed string, s Screen) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	p := &Tab{t, ctx, &trouble{allowed: allowed}}
	if err := chromedp.Listen(ctx, p.trouble.watch); err != nil {
		t.Fatal(err)
	}

	scheme := emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.Theme}},
	}

	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, scheme)
	if err != nil {
		t.Fatal(err)
	}

	p.Do(chromedp.EmulateViewport(s.Width, s.Height), chromedp.Navigate(address))
	p.Wait(`typeof figures !== "undefined" && figures.every(f => f.size)`)

	return p
}

// In returns the tab for use in a subtest t.
func (p *Tab) In(t *testing.T) *Tab {
	return &Tab{t, p.ctx, p.trouble}
}

// watch records requests to hosts, errors, and dialogs, which only an injected script would open.
func (r *trouble) watch(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !r.allows(e.Request.URL) {
			r.addTrouble("request to " + e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		what := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			what += " " + e.ExceptionDetails.Exception.Description
		}

		r.addTrouble("exception: " + what)
	case *runtime.EventConsoleAPICalled:
		r.addTrouble("console: " + string(e.Type))
	case *log.EventEntryAdded:
		r.addTrouble("log: " + e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		r.addTrouble("dialog: " + e.Message)
	}
}

func (r *trouble) allows(address string) bool {
	for _, prefix := range []string{"file:", "data:", "blob:"} {
		if strings.HasPrefix(address, prefix) {
			return true
		}
	}
	return r.allowed != "" && strings.HasPrefix(address, r.allowed)
}

func (r *trouble) addTrouble(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.what = append(r.what, what)
}

// Quiet fails the test if the page has done anything it should not.
func (p *Tab) Quiet() {
	p.T.Helper()
	p.trouble.mu.Lock()
	defer p.trouble.mu.Unlock()
	for _, what := range p.trouble.what {
		p.T.Error(what)
	}
}

// Forget discards what has been recorded so far.
func (p *Tab) Forget() {
	p.trouble.mu.Lock()
	defer p.trouble.mu.Unlock()
	p.trouble.what = nil
}

// Print returns the page printed as PDF.
func (p *Tab) Print() []byte {
	p.T.Helper()
	ctx, stop := context.WithTimeout(p.ctx, timeout)
	defer stop()
	printed, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{})
	if err != nil {
		p.T.Fatal(err)
	}
	return printed.Data
}

// OnPaper evaluates JavaScript in the page while it is laid out for print.
func OnPaper[T any](p *Tab, script string) T {
	p.T.Helper()
	show := func(media string) {
		params := emulation.SetEmulatedMediaParams{Media: media}
		_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, params)
		if err != nil {
			p.T.Fatal(err)
		}
	}

	show("print")
	defer show("")
	return Eval[T](p, script)
}

// Do runs browser actions. The test fails if they take longer than timeout.
func (p *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.T.Helper()
	ctx, stop := context.WithTimeout(p.ctx, timeout)
	defer stop()
	err := chromedp.Do(ctx, actions...)
	if err != nil {
		p.T.Fatal(err)
	}
}

// Wait waits until a JavaScript expression is true in the page.
func (p *Tab) Wait(condition string) {
	p.T.Helper()
	ctx, stop := context.WithTimeout(p.ctx, timeout)
	defer stop()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](condition))
	if err != nil {
		p.T.Fatalf("waiting for %s: %v", condition, err)
	}
}

// Eval evaluates JavaScript in the page and returns the result.
func Eval[T any](p *Tab, script string) T {
	p.T.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.T.Fatalf("%s: %v", script, err)
	}
	return v
}

// Fits fails the test if the page scrolls sideways or a chart is blank.
func (p *Tab) Fits() {
	p.T.Helper()
	width := Eval[int](p, `innerWidth`)
	over := Eval[int](p, `document.documentElement.scrollWidth - innerWidth`)
	if over > 0 {
		p.T.Errorf("%d pixels too wide at %d", over, width)
	}
	blank := Eval[[]string](p, blankCharts)
	if len(blank) > 0 {
		p.T.Errorf("nothing drawn at %d in %q", width, blank)
	}
}

// blankCharts evaluates to the IDs of the figures whose canvas has no pixel in the colour of a
// curve.
const blankCharts = `figures.filter(f => {
  const shown = f.box.querySelector("canvas");
  const copy = new OffscreenCanvas(shown.width, shown.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(shown, 0, 0);
  const pixels = new Set(new Uint32Array(copy.getImageData(0, 0, shown.width, shown.height).data.buffer));
  return !f.chart.getOption().series.some(s => {
    const [red, green, blue] = echarts.color.parse(s.color);
    return pixels.has((0xff000000 | blue << 16 | green << 8 | red) >>> 0);
  });
}).map(f => f.element.id)`
