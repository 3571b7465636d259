package plots

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
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserTimeout ends a test whose browser hangs; a page takes less than a second.
const browserTimeout = 30 * time.Second

// startBrowser starts a headless Chromium that cannot resolve any host, or skips the test
// where none is installed.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium installed: the pages are not looked at in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// A tab is a page opened in the browser.
type tab struct {
	t       *testing.T
	ctx     context.Context
	trouble *trouble
}

// trouble is what a page should not have done.
type trouble struct {
	mu   sync.Mutex
	what []string
}

// open shows a page in a new tab of the given size and theme.
func open(t *testing.T, browser context.Context, html []byte, width, height int64, theme string) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, html, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	p := &tab{t, ctx, &trouble{}}
	if err := chromedp.Listen(ctx, p.trouble.watch); err != nil {
		t.Fatal(err)
	}
	scheme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, scheme); err != nil {
		t.Fatal(err)
	}
	address := url.URL{Scheme: "file", Path: path}
	p.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(address.String()))
	p.wait(`figures.every(f => f.size)`)
	return p
}

// in returns the tab for use in a subtest.
func (p *tab) in(t *testing.T) *tab {
	return &tab{t, p.ctx, p.trouble}
}

// watch notes requests to hosts, errors, and dialogs, which nothing but an injected script opens.
func (r *trouble) watch(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, "file:") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			r.note("request to " + u)
		}
	case *runtime.EventExceptionThrown:
		r.note("exception: " + e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		r.note("console: " + string(e.Type))
	case *log.EventEntryAdded:
		r.note("log: " + e.Entry.Text)
	case *cdp.EventJavascriptDialogOpening:
		r.note("dialog: " + e.Message)
	}
}

func (r *trouble) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.what = append(r.what, what)
}

// quiet fails the test if the page has done anything that it should not.
func (p *tab) quiet() {
	p.t.Helper()
	p.trouble.mu.Lock()
	defer p.trouble.mu.Unlock()
	for _, what := range p.trouble.what {
		p.t.Error(what)
	}
}

// do runs browser actions, within the time that a page may take.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, browserTimeout)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// wait returns once a JavaScript expression is true in the page.
func (p *tab) wait(condition string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, browserTimeout)
	defer stop()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition)); err != nil {
		p.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

// eval evaluates JavaScript in the page.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return v
}
