package view

import (
	"bytes"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/page"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/browsertest"
	"github.com/liptrack/liptrack/tracker/series"
)

func auditHTML(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Audit(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func float(v float64) *series.Float { f := series.Float(v); return &f }

// audited returns the report of a regression.
func audited() *report.Report {
	return &report.Report{
		Format: report.Format, Verdict: report.Fail, Summary: []string{"It was audited."},
		Checks: []report.Check{
			{
				Name:     "output_change_seen",
				Status:   report.Fail,
				Value:    0.3,
				AtMost:   true,
				Fail:     float(0.1),
				Measured: "It changes by 0.3.",
				Meaning:  "That is much.",
				Action:   "Retrain.",
			},
			{
				Name:      "accuracy",
				Status:    report.Pass,
				Value:     0.9,
				Attention: float(0.5),
				Measured:  "It is right.",
				Meaning:   "It fits.",
				Action:    "Nothing to do.",
			},
		},
		Model: report.Model{
			File:       "models/pump.onnx",
			Format:     "onnx",
			Inputs:     2,
			Outputs:    1,
			Parameters: 9,
			Notes:      []string{"A softmax was dropped."},
		},
		Data: report.Data{Source: "pump.csv", Samples: 2, Available: 50, Scaled: true},
		Lipschitz: report.Sandwich{
			Lower: 2, OnData: 1.5, Upper: 3, UpperBy: "product", Gap: 1.5,
			Methods: []report.Method{
				{Name: "product", About: "of norms", Value: float(3), Seconds: float(0.0012), Allocated: float(40960)},
				{Name: "exact", About: "itself", Reason: "it is smooth"},
			},
		},
		Layers: []report.Layer{
			{
				Layer:      1,
				Name:       "fc1",
				Inputs:     2,
				Outputs:    2,
				Activation: "tanh",
				Norm:       1,
				Slope:      1,
				Reached:    float(0.9),
				Certified:  1,
				Gain:       float(0.9),
				Dead:       float(0),
			},
			{
				Layer:      2,
				Name:       "fc2",
				Inputs:     2,
				Outputs:    1,
				Activation: "identity",
				Norm:       3,
				Slope:      1,
				Share:      1,
				Reached:    float(1.5),
				Certified:  3,
				Gain:       float(1.67),
			},
		},
		Tolerance: &report.Tolerance{Each: []series.Float{0.1, 0.2}},
		Change: &report.Change{
			Seen: 0.3, Row: 7, Possible: 0.4, Anywhere: 0.5, Spread: 2,
			Outputs: []report.OutputChange{{Output: 0, Seen: 0.3, Possible: 0.4, Anywhere: 0.5, Spread: 2}},
		},
		Sensitivity: report.Sensitivity{
			Median: 1, Mean: 1.2, Largest: 1.5, Norms: []series.Float{1, 1.1, 1.5},
			Samples: []report.Sample{
				{Row: 7, Norm: 1.5, Local: 1.6, Ball: 1, Direction: []report.Component{{Feature: "flow", Value: -0.5}}},
			},
			Features: []report.Feature{
				{
					Feature: "flow",
					Largest: 1.4,
					RMS:     1,
					Share:   0.9,
				}, {Feature: "pressure", Largest: 0.3, RMS: 0.2, Share: 0.1},
			},
		},
	}
}

// classified returns the report of a classification in which some sizes are infinite.
func classified() *report.Report {
	r := audited()
	label, to := 1, 0
	r.Tolerance = &report.Tolerance{Radius: 0.1}
	r.Data.Accuracy = float(0.9)

	r.Decisions = &report.Decisions{
		At: &report.Shares{Size: 0.1, ByNorm: 0.2, ByPairs: 0.4, Certified: 0.6, Flipped: 0.1, Undecided: 0.3},
		Curve: []report.Shares{
			{Size: 0.01, ByNorm: 0.8, ByPairs: 0.9, Certified: 1},
			{Size: 0.1, ByNorm: 0.2, ByPairs: 0.4, Certified: 0.6, Flipped: 0.1, Undecided: 0.3},
			{Size: 1, Flipped: 1},
		},
		Safe: 0.12, Flip: series.Float(math.Inf(1)),
	}

	r.Sensitivity.Samples[0].Decision = &report.Decision{Class: 1, Label: &label, Safe: 0.05, Flip: 0.07, FlipTo: &to}
	safe := r.Sensitivity.Samples[0]
	safe.Row, safe.Decision = 8, &report.Decision{
		Class: 0,
		Safe:  series.Float(math.Inf(1)),
		Flip:  series.Float(math.Inf(1)),
	}

	r.Sensitivity.Samples = append(r.Sensitivity.Samples, safe)
	return r
}

func TestAuditPagesSayWhatWasFound(t *testing.T) {
	for _, c := range []struct {
		name       string
		report     *report.Report
		want, lack []string
	}{
		{"regression", audited(), []string{
			"pump.onnx", "It was audited.", "2 inputs, 1 output, 9 parameters", "2 of 50 samples of pump.csv, scaled to the model", "a ± for each feature",
			"✗ fail", "✓ pass", "It changes by 0.3.", "Retrain.", "fails above 0.1", "attention below 0.5", "Not computed: it is smooth",
			"1.2ms", "41 kB", "Possible anywhere", "flow −0.5000", "90 %", "A softmax was dropped.", "applies to classifications only",
		}, []string{"certainly unchanged", "Epoch axis", "series.jsonl"}},
		{"classification", classified(), []string{
			"tolerance is 0.1 in the 2-norm", "60 %", "Decisions certainly unchanged", "certified by pairs of outputs", "Certain up to",
		}, []string{"Not on this page"}},
	} {
		made := string(auditHTML(t, c.report))
		html := strings.ReplaceAll(made, string(page.Library()), "")
		text := strings.ReplaceAll(html, "&#39;", "'")
		// The texts of charts are packed.
		for _, f := range auditPage(c.report).Figures {
			for _, s := range f.Series {
				text += s.Name + "\n"
			}
		}

		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: the page does not say %q", c.name, w)
			}
		}

		for _, w := range c.lack {
			if strings.Contains(withoutScripts(text), w) {
				t.Errorf("%s: the page says %q", c.name, w)
			}
		}

		if again := string(auditHTML(t, c.report)); again != made {
			t.Errorf("%s: two pages of one report differ", c.name)
		}
	}
}

// withoutScripts returns the markup of a page without its scripts.
func withoutScripts(html string) string {
	return regexp.MustCompile(`(?s)<script[^>]*>.*?</script>`).ReplaceAllString(html, "")
}

const hostileName = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'&`

// At every size, the three bands of the curve (safe, unknown, flipped) add up to 1.
func TestDecisionCurveFillsEverySize(t *testing.T) {
	f, declined := decisionCurve(classified())
	if f == nil {
		t.Fatal(declined)
	}
	for i, s := range classified().Decisions.Curve {
		from := 0.0
		for _, band := range f.Series[:3] {
			if r := band.Rows[i]; r[0] != float64(s.Size) || r[1] != from || r[2] < r[1] {
				t.Errorf("%s at %g goes from %g to %g, but the band below goes to %g", band.Name, s.Size, r[1], r[2], from)
			}
			from = band.Rows[i][2]
		}
		if from != 1 {
			t.Errorf("at %g the bands end at %g", s.Size, from)
		}
	}
}

func TestAuditPagesInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	hostile := classified()
	hostile.Model.File, hostile.Data.Source = hostileName, hostileName
	hostile.Summary[0], hostile.Checks[0].Measured = hostileName, hostileName
	hostile.Sensitivity.Features[0].Feature, hostile.Layers[0].Name = hostileName, hostileName

	for name, r := range map[string]*report.Report{"regression": audited(), "classification": classified(), "hostile": hostile} {
		for screen, size := range map[string]browsertest.Screen{"desk": browsertest.Dark, "narrow": browsertest.Narrow} {
			t.Run(name+" "+screen, func(t *testing.T) {
				p := browsertest.Open(t, browser, auditHTML(t, r), size)
				p.Fits()
				p.Quiet()
			})
		}
	}
}

// TestChangeOverNoSpread checks that the page shows a dash, not 0/0, if the outputs do not differ
// between samples.
func TestChangeOverNoSpread(t *testing.T) {
	for _, spread := range []series.Float{0, series.Float(math.Inf(1)), series.Float(math.NaN())} {
		for _, change := range []series.Float{0, 3} {
			if shown := overSpread(change, spread).Text; shown != "—" {
				t.Errorf("%g / %g is shown as %q", change, spread, shown)
			}
		}
	}

	if shown := overSpread(3, 2).Text; shown != "1.500" {
		t.Errorf("3 / 2 is shown as %q", shown)
	}
}
