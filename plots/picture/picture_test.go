package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// run returns a run with the given width and seed whose bounds follow powers of the epoch, with a
// gap and a doubtful point.
func run(width int, seed uint64, noise string) *series.Table {
	t := series.NewTable(series.Header{Run: fmt.Sprintf("w%d-s%d-%s", width, seed, noise), Seed: seed, Config: map[string]string{
		"model.hidden": fmt.Sprintf("[%d]", width), "model.parameters": fmt.Sprint(50 * width), "data.label_noise": noise,
		"data.points": "500", "data.classes": "10", "train.loss": "cross_entropy",
	}})

	for e := range 61 {
		add := func(metric, label string, kind series.Kind, v float64) {
			if e == 30 {
				v = math.NaN()
			}
			warning := ""
			if e == 10 {
				warning = "doubtful"
			}
			t.Add(series.Point{Epoch: e, Sample: series.Sample{Metric: metric, Label: label, Value: series.Float(v), Kind: kind, Warning: warning}})
		}

		grown := float64(width) * math.Pow(1+float64(e), 0.5)
		add(series.LowerBound, "", series.Lower, grown)
		add(series.JacobianMean, "", series.Exact, grown/2)
		add(series.UpperProduct, "", series.Certified, 3*grown)
		add(series.TrainLoss, "", series.Exact, 2/(1+float64(e)))
		add(series.TestLoss, "", series.Exact, 1+float64(seed)/10)
		add(series.SpectralNorm, "layer=1", series.Exact, 1)
		add(series.SpectralNorm, "layer=2", series.Exact, grown)
		add(series.GradNorm, "", series.Exact, 1e-5*grown)
		add(series.JacobianHistogram, "bin=1", series.Exact, 30)
		add(series.JacobianHistogram, "bin=1.12202", series.Exact, 70)
	}

	return t
}

// all returns the figures of a run, of a set, and of a paper.
func all() []*figure.Figure {
	var set []*series.Table
	for _, width := range []int{4, 8, 16} {
		for _, noise := range []string{"0", "0.2"} {
			set = append(set, run(width, 1, noise), run(width, 2, noise))
		}
	}

	figures := append(plots.RunFigures(set[0]), plots.PaperPanels(set[:1])...)
	for _, f := range append(plots.SetFigures(set), plots.PaperPanels(set)...) {
		if f.Dims == nil {
			figures = append(figures, f)
		}
	}

	return figures
}

func drawn(t *testing.T, name string, o Options, panels ...*figure.Figure) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := Write(path, o, panels...); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEveryFigureIsDrawn looks for the words of each figure in its SVG, and checks that the same
// figure gives the same bytes.
func TestEveryFigureIsDrawn(t *testing.T) {
	shapes := map[figure.Shape]bool{}
	for _, f := range all() {
		svg := drawn(t, "a.svg", Options{}, f)
		texts := textsOf(t, svg)
		for _, s := range f.Series {
			shapes[s.Shape] = true
			if !s.Hidden && !strings.Contains(texts, s.Name) {
				t.Errorf("%s: the legend lacks %q", f.ID, s.Name)
			}
		}
		if !strings.Contains(texts, f.X.Name) {
			t.Errorf("%s: the x axis is not named %q: %s", f.ID, f.X.Name, texts)
		}
		if !bytes.Equal(svg, drawn(t, "b.svg", Options{}, f)) {
			t.Errorf("%s: drawn twice, it differs", f.ID)
		}
	}
	if len(shapes) != 6 {
		t.Errorf("drawn were only the shapes %v", shapes)
	}
}

// textsOf returns the texts of an SVG, which must be well formed.
func textsOf(t *testing.T, svg []byte) string {
	t.Helper()
	var texts strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return texts.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if chars, ok := token.(xml.CharData); ok {
			texts.Write(chars)
		}
	}
}

func TestPictureHasItsSizeAndItsColours(t *testing.T) {
	for _, test := range []struct {
		o             Options
		panels        int
		width, height int // pixels at 300 an inch
	}{
		{Options{}, 1, 1004, 768},
		{Options{Width: 10, Height: 5, FontSize: 12}, 2, 2362, 591},
	} {
		panels := make([]*figure.Figure, test.panels)
		for i := range panels {
			panels[i] = plots.PaperPanels([]*series.Table{run(8, 1, "0")})[0]
		}
		picture, err := png.Decode(bytes.NewReader(drawn(t, "a.png", test.o, panels...)))
		if err != nil {
			t.Fatal(err)
		}
		if got := picture.Bounds().Size(); abs(got.X-test.width) > 1 || abs(got.Y-test.height) > 1 {
			t.Errorf("%+v, %d panels: %v pixels, want %d×%d", test.o, test.panels, got, test.width, test.height)
		}
		for _, color := range []string{"blue", "vermilion", "ink"} {
			for half := range test.panels {
				part := picture.Bounds()
				part.Min.X, part.Max.X = half*part.Max.X/test.panels, (half+1)*part.Max.X/test.panels
				if !hasColour(picture, part, color) {
					t.Errorf("nothing %s in panel %d", color, half)
				}
			}
		}
	}
}

func TestSVGHasAGroundAndFontsToFallBackOn(t *testing.T) {
	svg := string(drawn(t, "a.svg", Options{}, plots.PaperPanels([]*series.Table{run(8, 1, "0")})[0]))
	for _, want := range []string{"fill:#FFFFFF", "font-family:Liberation Sans,Arial"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s", want)
		}
	}
}

func abs(n int) int { return max(n, -n) }

func hasColour(picture image.Image, part image.Rectangle, color string) bool {
	want := figure.Color(color)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); uint8(r>>8) == want.R && uint8(g>>8) == want.G && uint8(b>>8) == want.B {
				return true
			}
		}
	}
	return false
}

func TestWhatCannotBeDrawnIsAnError(t *testing.T) {
	f := all()[0]
	for want, err := range map[string]error{
		"width in cm 200: must be between 3 and 100": Write("a.svg", Options{Width: 200}, f),
		"font size in pt -1":                         Write("a.svg", Options{FontSize: -1}, f),
		"height in cm NaN":                           Write("a.svg", Options{Height: math.NaN()}, f),
		"a.gif":                                      Write("a.gif", Options{}, f),
		"parallel coordinates":                       Write("a.svg", Options{}, &figure.Figure{ID: "p", Dims: []figure.Axis{{Name: "a"}}}),
		"nowhere":                                    Write("nowhere/a.svg", Options{}, f),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func TestAwkwardFiguresAreDrawn(t *testing.T) {
	axis := figure.Axis{Name: "a", Log: true}
	for name, rows := range map[string][]figure.Row{
		"one point":        {{3, 5}},
		"nothing positive": {{0, -1}, {-2, 0}},
		"constant":         {{1, 2}, {2, 2}, {3, 2}},
		"gaps":             {{1, math.NaN()}, {2, 3}, {3, math.Inf(1)}, {4, 5}},
		"none":             nil,
	} {
		f := &figure.Figure{ID: name, X: axis, Y: axis, Series: []figure.Series{{Name: name, Shape: figure.Line, Rows: rows,
			Style: figure.Style{Color: "blue", Marker: "emptyRect", Dash: "dashed", Width: 2}}}}
		if texts := textsOf(t, drawn(t, "a.svg", Options{}, f)); !strings.Contains(texts, name) {
			t.Errorf("%s: not in the legend", name)
		}
	}
}

// TestThereIsRoomForThePlot checks that a long legend leaves room for the plot and says how many
// series it omits, and that a font too large for the picture does no harm.
func TestThereIsRoomForThePlot(t *testing.T) {
	axis := figure.Axis{Name: "a", Log: true}
	f := &figure.Figure{ID: "many", X: axis, Y: axis}
	for i := range 99 {
		f.Series = append(f.Series, figure.Series{Name: fmt.Sprintf("a series of a long name, %d", i), Shape: figure.Line,
			Rows: []figure.Row{{1, float64(i + 1)}, {200, 3}}, Style: figure.Style{Color: "blue", Width: 2}})
	}
	texts := textsOf(t, drawn(t, "a.svg", Options{}, f))
	if !regexp.MustCompile(`and [5-9]\d more`).MatchString(texts) || !strings.Contains(texts, "100") {
		t.Errorf("texts %s", texts)
	}
	drawn(t, "b.svg", Options{Width: MinSize, Height: MinSize, FontSize: MaxFont}, f)
}
