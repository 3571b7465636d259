// Package audit examines a trained network on data: it bounds the network's Lipschitz constant and
// attributes it to layers, measures how much input errors within a tolerance can change the outputs
// or decisions, and finds the samples and features to which the network is most sensitive. The
// result is a [report.Report], whose checks compare measurements with the user's limits.
//
// Numbers called certified, safe or possible hold for every input within the stated size, including
// rounding errors. Those called seen, found or a flip come from points at which the network was
// evaluated.
//
// The only files it reads are thresholds and tables of features. Its callers read models and data
// sets, and print and draw reports: the command line imports this package, audit/view only the
// package report.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
)

// Model is a network with its origin.
type Model struct {
	Net    *network.Network
	File   string
	Format string
	// Names of the layers, first layer first; nil if they have none.
	Names []string
	// Notes are sentences about the assumptions made in reading the model.
	Notes []string
}

// Data holds the samples to audit.
type Data struct {
	Source string
	X      *mat.Dense // N×D, in the data's units
	// Labels are classes, counted from 0; nil if there are none.
	Labels []int
	// Y holds the targets of a regression, N×K, in their units; nil if there are none.
	Y *mat.Dense
	// Classes are the names of the classes; nil if they are numbers.
	Classes []string
	// Features are the names of the D features; nil for x1, x2, ….
	Features []string
}

// Options are the settings of an audit. The zero value selects all defaults.
type Options struct {
	// Scale converts the data to the model's units; nil if they already are in these units.
	Scale *Scale
	// Tolerance bounds the errors of the inputs. It is nil if unknown; the report then only gives
	// the sizes of perturbations that change decisions.
	Tolerance *Tolerance
	// Task is the purpose of the outputs. The zero value means Auto.
	Task Task
	// Targets describes what the outputs of a regression predict; nil if unknown.
	Targets *Targets
	// Thresholds are limits that replace the defaults. The key for a single target of a regression
	// is "check of target".
	Thresholds Thresholds
	// Samples is the largest number of samples to audit; 0 means all. If the data have more, they
	// are drawn at random with Seed.
	Samples int
	Seed    uint64
	// Rows are rows of the data, counted from 1, that are audited and reported regardless of their
	// sensitivity.
	Rows []int
	// Local asks for Lipschitz constants within neighbourhoods of samples; the zero value asks for
	// none.
	Local LocalOptions
	// Thorough also computes the certified bounds that take long.
	Thorough bool
	// Progress is called with the name of each stage as it begins; may be nil.
	Progress func(stage string)
}

// auditor holds the state of one audit.
type auditor struct {
	Options
	model      Model
	data       Data
	net        *network.Network
	classifier *network.Network // nil for a regression
	rows       []int            // audited rows of the data, counted from 0
	x          *mat.Dense       // the audited rows in the model's units
	labels     []int            // labels of the audited rows
	ball       ball
	norms      *bounds.Whole // bounds of net, with the norms of its layers; set with the sandwich
	size       float64       // of the tolerance; 0 if there is none
	constant   float64       // ≥ the Lipschitz constant of net as a function of u
	certified  float64       // bound on the Lipschitz constant of net as a function of the model's inputs
	candidates []*mat.Dense  // perturbed points found by searches, N×D each
	report     *report.Report
}

// Run audits a model on data. It returns an error if data, options or thresholds do not fit the
// model or each other, or if the context ends.
func Run(ctx context.Context, m Model, d Data, o Options) (*report.Report, error) {
	a, err := newAuditor(m, d, o)
	if err != nil {
		return nil, err
	}
	if err := a.runStages(ctx); err != nil {
		return nil, err
	}
	return a.report, nil
}

func newAuditor(m Model, d Data, o Options) (*auditor, error) {
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("model %s: %w", m.File, err)
	}

	if err := d.validate(m.Net.In()); err != nil {
		return nil, fmt.Errorf("data %s: %w", d.Source, err)
	}

	if m.Names == nil {
		m.Names = make([]string, len(m.Net.Layers))
	}

	// Reports name features, so every feature gets a name.
	if d.Features == nil {
		for j := range m.Net.In() {
			d.Features = append(d.Features, fmt.Sprintf("x%d", j+1))
		}
	}

	if err := errors.Join(
		o.Scale.validate("feature", m.Net.In()), o.Tolerance.validate(m.Net.In()), o.Targets.validate(m.Net.Out()),
		o.Local.validate(),
	); err != nil {
		return nil, err
	}

	// Bounds on pairs of outputs replace the last matrix, so the network has to end in one.
	if net := endingInMatrix(m.Net); net != m.Net {
		m.Net, m.Names = net, append(slices.Clone(m.Names), "outputs")
	}

	if err := checkMemory(m.Net); err != nil {
		return nil, fmt.Errorf("model %s: %w", m.File, err)
	}

	classifier, err := o.Task.classifier(m.Net)
	if err != nil {
		return nil, err
	}

	a := &auditor{
		Options:    o,
		model:      m,
		data:       d,
		net:        m.Net,
		classifier: classifier,
	}
	if a.rows, err = o.sampleRows(d.X); err != nil {
		return nil, err
	}

	if d.Labels != nil {
		for _, r := range a.rows {
			a.labels = append(a.labels, d.Labels[r])
		}
	}

	a.x = o.Scale.apply(rowsAt(d.X, a.rows))
	// Finite data divided by a tiny standard deviation may overflow.
	if !finite(a.x.RawMatrix().Data) {
		return nil, fmt.Errorf("data %s: a value is too large for its scale", d.Source)
	}

	a.ball, a.size = o.Tolerance.ball(o.Scale, m.Net.In())

	return a, o.Thresholds.validate(a)
}

func (m Model) validate() error {
	if err := m.Net.Validate(); err != nil {
		return err
	}
	if m.Names != nil && len(m.Names) != len(m.Net.Layers) {
		return fmt.Errorf("%d names for %d layers", len(m.Names), len(m.Net.Layers))
	}
	return nil
}

func (d Data) validate(inputs int) error {
	if d.X == nil || d.X.IsEmpty() {
		return errors.New("there are no samples")
	}

	n, features := d.X.Dims()
	switch {
	case features != inputs && d.Features != nil:
		return fmt.Errorf(
			"%d features (%s), but the model takes %d inputs",
			features,
			input.QuoteNames(d.Features),
			inputs,
		)
	case features != inputs:
		return fmt.Errorf("%d features, but the model takes %d inputs", features, inputs)
	case d.Features != nil && len(d.Features) != features:
		return fmt.Errorf("%d names for %d features", len(d.Features), features)
	case d.Labels != nil && len(d.Labels) != n:
		return fmt.Errorf("%d samples but %d labels", n, len(d.Labels))
	case d.Y != nil && d.Y.RawMatrix().Rows != n:
		return fmt.Errorf("%d samples but %d rows of targets", n, d.Y.RawMatrix().Rows)
	case !finite(d.X.RawMatrix().Data):
		return errors.New("a value is NaN or infinite")
	}

	return nil
}

// sampleRows returns the rows to audit, in ascending order.
func (o Options) sampleRows(x *mat.Dense) ([]int, error) {
	n, _ := x.Dims()
	chosen := make(map[int]bool)
	for _, r := range o.Rows {
		if r < 1 || r > n {
			return nil, fmt.Errorf("row %d: the data have rows 1 to %d", r, n)
		}

		chosen[r-1] = true
	}

	// Rows that the user names are always audited and count as samples.
	if o.Samples < 0 {
		return nil, fmt.Errorf("%d samples: must be a positive number, or 0 for all",
			o.Samples)
	}

	want := n
	if o.Samples > 0 {
		want = max(min(o.Samples, n), len(chosen))
	}

	// The whole permutation is drawn, so the choice depends only on the seed and the number of
	// rows.
	for _, i := range rng.Stream(o.Seed, "audited samples").Perm(n) {
		if len(chosen) < want {
			chosen[i] = true
		}
	}

	// Maps have no order, but reports list the samples in the order of the data.
	var rows []int
	for i := range n {
		if chosen[i] {
			rows = append(rows, i)
		}
	}

	return rows, nil
}

func finite(x []float64) bool {
	// v − v is 0 for finite v, and NaN for infinities and NaN.
	return !slices.ContainsFunc(x, func(v float64) bool {
		return v-v != 0
	})
}

func (a *auditor) stage(name string) {
	if a.Progress != nil {
		a.Progress(name)
	}
}
