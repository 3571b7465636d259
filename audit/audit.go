// Package audit examines a trained network on data: between which bounds its Lipschitz constant
// lies and where in the network that comes from, how much errors of the inputs within a tolerance
// can change its outputs or decisions, and to which samples and features it is most sensitive. The
// result is a [report.Report], whose checks compare measurements with the user's limits.
//
// Whatever is called certified, safe or possible holds in spite of rounding, for every input within
// the stated size; whatever is called seen, found or a flip is a point at which the network was
// evaluated.
//
// Of files it reads only thresholds and tables of features. Models and data sets are read, reports
// printed and drawn by others: the command line imports this package, plots no more than package
// report.
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

// Model is a network and where it comes from.
type Model struct {
	Net    *network.Network
	File   string
	Format string
	// Names of the layers, first layer first; nil for none.
	Names []string
	// Notes are sentences on what was assumed.
	Notes []string
}

// Data is the samples.
type Data struct {
	Source string
	X      *mat.Dense // N×D, in the data's units
	// Labels are classes from 0; nil without.
	Labels []int
	// Y are the targets of a regression, N×K, in their units; nil without.
	Y *mat.Dense
	// Classes are the names of the classes; nil if they are numbers.
	Classes []string
	// Features are the D names; nil for x1, x2, ….
	Features []string
}

// Options are the settings of an audit. The zero value has all defaults.
type Options struct {
	// Scale brings the data to the model's units; nil if they are in those.
	Scale *Scale
	// Tolerance is the errors of the inputs; nil if none is given, and then nothing is said of
	// their consequences beyond the sizes of perturbations that change decisions.
	Tolerance *Tolerance
	// Task is what the outputs are for. Default Auto.
	Task Task
	// Targets are what the outputs of a regression predict; nil if nothing is known of them.
	Targets *Targets
	// Thresholds are limits other than the default ones, those of a single target of a regression
	// under "check of target".
	Thresholds Thresholds
	// Samples is the most samples that are audited, drawn at random by Seed if there are more; 0
	// means all.
	Samples int
	Seed    uint64
	// Rows are rows of the data, from 1, that are audited and reported on whatever their
	// sensitivity.
	Rows []int
	// Local asks for Lipschitz constants within neighbourhoods of samples; zero for none.
	Local LocalOptions
	// Thorough asks for the certified bounds that take long, too.
	Thorough bool
	// Progress is told what is being done; nil for nobody.
	Progress func(stage string)
}

// auditor is an audit under way.
type auditor struct {
	Options
	model      Model
	data       Data
	net        *network.Network
	classifier *network.Network // nil for a regression
	rows       []int            // of the data, from 0, that are audited
	x          *mat.Dense       // those rows in the model's units
	labels     []int            // of those rows
	ball       ball
	norms      *bounds.Whole // of net's layers, once the sandwich is known
	size       float64       // of the tolerance; 0 without
	constant   float64       // ≥ the Lipschitz constant of net as a function of u
	certified  float64       // bound on the Lipschitz constant of net as a function of the model's inputs
	candidates []*mat.Dense  // perturbed points, N×D each, that searches found
	report     *report.Report
}

// Run audits a model on data. It fails on data, options or thresholds that do not fit the model or
// each other, and when the context ends.
func Run(ctx context.Context, m Model, d Data, o Options) (*report.Report, error) {
	a, err := newAuditor(m, d, o)
	if err != nil {
		return nil, err
	}
	if err := a.run(ctx); err != nil {
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

	// Bounds on pairs of outputs put another matrix in place of the last one, so there has to be
	// one.
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
	if a.rows, err = o.sample(d.X); err != nil {
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
		return fmt.Errorf("%d samples but %d of targets", n, d.Y.RawMatrix().Rows)
	case !finite(d.X.RawMatrix().Data):
		return errors.New("a value is NaN or infinite")
	}

	return nil
}

// sample chooses the rows to audit, in their order.
func (o Options) sample(x *mat.Dense) ([]int, error) {
	n, _ := x.Dims()
	chosen := make(map[int]bool)
	for _, r := range o.Rows {
		if r < 1 || r > n {
			return nil, fmt.Errorf("row %d: the data have rows 1 to %d", r, n)
		}

		chosen[r-1] = true
	}

	// Rows that the user names are audited in any case and count among the samples.
	if o.Samples < 0 {
		return nil, fmt.Errorf("%d samples: must be a positive number, or 0 for all",
			o.Samples)
	}

	want := n
	if o.Samples > 0 {
		want = max(min(o.Samples, n), len(chosen))
	}

	// The whole permutation is drawn: the choice depends on the seed and the number of rows alone.
	for _, i := range rng.Stream(o.Seed, "audited samples").Perm(n) {
		if len(chosen) < want {
			chosen[i] = true
		}
	}

	// Maps have no order, and reports list the samples as the data do.
	var rows []int
	for i := range n {
		if chosen[i] {
			rows = append(rows, i)
		}
	}

	return rows, nil
}

func finite(x []float64) bool {
	// Of finite numbers alone v − v is 0: it is NaN of infinities and of NaN.
	return !slices.ContainsFunc(x, func(v float64) bool {
		return v-v != 0
	})
}

func (a *auditor) stage(name string) {
	if a.Progress != nil {
		a.Progress(name)
	}
}
