// Command gallery takes the pictures of docs/gallery: screenshots of pages in a headless Chromium,
// which must be installed. scripts/gallery.sh makes the pages.
//
//	gallery RUNS OUT LIPTRACK
//
// RUNS is a folder with the experiments quick and demo and their reports, OUT is the folder for the
// pictures, and LIPTRACK is the program, which serves the live pages.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A picture is a screenshot of a part of a page.
type picture struct {
	name, page    string // page is a pattern relative to RUNS, or to the address of the server if live
	live          bool
	width, height int64
	theme         string
	// part selects the element to show; "" shows the top of the page, as high as the screen.
	part string
	// script is run before the screenshot.
	script string
}

var pictures = []picture{
	{
		name:   "set",
		page:   "demo/report.html",
		width:  1280,
		height: 1300,
		theme:  "light",
	},
	{
		name:   "run",
		page:   "quick/64-seed42-*/report.html",
		width:  1280,
		height: 1000,
		theme:  "light",
	},
	{
		name:   "jacobian-dark",
		page:   "quick/64-seed42-*/report.html",
		width:  1280,
		height: 900,
		theme:  "dark",
		part:   "#jacobian",
	},
	{
		name:   "parallel-dark",
		page:   "demo/report.html",
		width:  1280,
		height: 900,
		theme:  "dark",
		part:   "#parallel",
		script: `
			const names = [...document.querySelectorAll("a")].map(a => a.textContent);
			chooseRun("demo / " + names.find(name => name.startsWith("12-seed42-")))`,
	},
	{
		name:   "chooser",
		page:   "demo/report.html",
		width:  1280,
		height: 900,
		theme:  "light",
		part:   "#chooser",
		script: `(form => {
			form.elements.against.value = "epoch", form.elements.by.value = 1, form.elements.form.value = "panels";
			form.dispatchEvent(new Event("change"))
		})(chooser.querySelector("form"))`,
	},
	{
		name:   "narrow",
		page:   "quick/64-seed42-*/report.html",
		width:  390,
		height: 844,
		theme:  "light",
		part:   "#bounds",
	},
	{
		name:   "watch",
		page:   "demo/12-seed42-*/",
		live:   true,
		width:  1280,
		height: 900,
		theme:  "dark",
	},
}

func main() {
	err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(runs, out, liptrack string) error {
	runs, err := filepath.Abs(runs)
	if err != nil {
		return err
	}

	server := exec.Command(liptrack, "watch", runs, "--port", "0")
	printed, err := server.StdoutPipe()
	if err != nil {
		return err
	}

	if err := server.Start(); err != nil {
		return err
	}

	// Deferred calls run in reverse order: first the signal, then the wait.
	defer server.Wait()
	defer server.Process.Signal(os.Interrupt)
	address, err := bufio.NewReader(printed).ReadString('\n')
	if err != nil {
		return fmt.Errorf("starting %s watch: %w", liptrack, err)
	}

	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox,
		chromedp.DisableGPU,
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	for _, p := range pictures {
		found, err := filepath.Glob(filepath.Join(runs, p.page))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("%s: want one page %s: %v, %w", p.name, p.page, found, err)
		}

		path := strings.TrimPrefix(found[0], runs+"/")
		if p.live {
			path += "/"
		}

		from := "file://" + runs + "/"
		if p.live {
			from = strings.TrimSpace(address)
		}

		taken, err := p.takeScreenshot(ctx, from+path)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", p.name, p.page, err)
		}

		if err := os.WriteFile(filepath.Join(out, p.name+".png"), taken, 0o644); err != nil {
			return err
		}
	}

	return nil
}

// takeScreenshot opens the page of a picture and returns the screenshot as PNG.
func (p picture) takeScreenshot(ctx context.Context, address string) ([]byte, error) {
	theme := emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: p.theme}},
	}

	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, theme); err != nil {
		return nil, err
	}

	if err := chromedp.Do(ctx, chromedp.EmulateViewport(p.width, p.height), chromedp.Navigate(address)); err != nil {
		return nil, err
	}

	const ready = `typeof figures === "object" && figures.every(f => f.size) &&
		(document.getElementById("live")?.dataset.state ?? "live") === "live"`
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](ready)); err != nil {
		return nil, err
	}

	if p.script != "" {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](p.script))
		if err != nil {
			return nil, err
		}
	}

	clip := page.Viewport{
		Width:  float64(p.width),
		Height: float64(p.height),
		Scale:  1,
	}
	if p.part != "" {
		box, err := chromedp.Run(ctx, chromedp.Evaluate[[4]float64](`(() => {
			const b = document.querySelector("`+p.part+`").getBoundingClientRect();
			return [b.x + scrollX, b.y + scrollY, b.width, b.height] })()`))
		if err != nil {
			return nil, err
		}

		clip.X, clip.Y, clip.Width, clip.Height = box[0], box[1], box[2], box[3]
	}

	taken, err := chromedp.Call(
		ctx,
		page.CaptureScreenshot,
		page.CaptureScreenshotParams{Clip: &clip, CaptureBeyondViewport: new(true)},
	)

	return taken.Data, err
}
