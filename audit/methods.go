package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/metrics"
	"time"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// method is a certified bound. One that takes none of the passes of ECLipsE-Fast is always
// computed.
type method struct {
	name, about string
	// passes are for each hidden layer; descents take another pass each and the eigenvalues of the
	// outputs' ellipsoid.
	passes, descents int
	// solves says that the bound is LipSDP-Neuron's optimum.
	solves bool
	bound  func(*bounds.Bounds) float64
}

// methods is the table of certified bounds, in the order of reports.
var methods = []method{
	{productMethod, "product of the layers' spectral norms", 0, 0, false,
		func(b *bounds.Bounds) float64 { return b.Product(bounds.Two) }},
	{
		"balanced",
		"the same after rescaling the neurons, which does not change the network",
		0,
		0,
		false,
		(*bounds.Bounds).Balanced,
	},
	{"liplt", "runs of layers merged (LipLT; Combettes and Pesquet)", 0, 0, false,
		func(b *bounds.Bounds) float64 { return b.LipLT(bounds.Two) }},
	{"entrywise", "product of the matrices of magnitudes", 0, 0, false,
		func(b *bounds.Bounds) float64 { return b.Entrywise(bounds.Two) }},
	{"eclipse_fast", "ECLipsE-Fast: an ellipsoid carried through the layers", 0, 0, false,
		(*bounds.Bounds).EclipseFast},
	{"eclipse_scaled", "the same with the best multiplier for each layer", 20, 0, false,
		(*bounds.Bounds).EclipseScaled},
	{"eclipse_diagonal", "the same with a multiplier for each neuron, in closed form", 50, 0, false,
		(*bounds.Bounds).EclipseDiagonal},
	{"lipsdp", "LipSDP-Neuron: the best multiplier for each neuron, by descent", 0, 360, false,
		(*bounds.Bounds).LipSDP},
	{"lipsdp_optimal", "LipSDP-Neuron at its optimum, by an interior point method", 0, 0, true,
		(*bounds.Bounds).LipSDPOptimal},
}

// productMethod is the bound that every network has.
const productMethod = "product"

// exactMethod is the constant itself, of small networks, sandwichMethod its enclosure by branch and
// bound, of somewhat larger ones.
const exactMethod, sandwichMethod = "exact", "sandwich"

const (
	// assumedSpeed is in arithmetic operations a second: what two cores with OpenBLAS make of
	// products of matrices of order 256.
	assumedSpeed = 4e10
	// eigenCost is what all eigenvalues and vectors of a matrix of order 1 would take, at n³ for
	// order n.
	eigenCost = 2.6e-9
	// affordable is how long each of the larger parts of an audit may take, about.
	affordable = 5 * time.Second
	// brief is how long a bound may take of which an audit needs several.
	brief = affordable / 10
	// unlimited is instead of it for the bounds of the whole network, if all are asked for.
	unlimited = time.Duration(math.MaxInt64)
)

// passCost returns how long a pass of ECLipsE-Fast takes about: for n neurons some 7 products of
// n×n matrices, in the first layer, with d < n inputs, of n×d×d.
func passCost(net *network.Network) time.Duration {
	operations := 0.0
	for k, l := range net.Layers[:len(net.Layers)-1] {
		n, d := float64(l.Out()), float64(l.Out())
		if k == 0 {
			d = min(d, float64(l.In()))
		}
		operations += 14 * n * d * d
	}
	return seconds(operations / assumedSpeed)
}

// cost returns how long the bound takes about.
func (m method) cost(net *network.Network) time.Duration {
	hidden, pass := len(net.Layers)-1, passCost(net).Seconds()
	k := float64(net.Out())
	if m.solves {
		return seconds(bounds.OptimalWork(net) / assumedSpeed)
	}
	return seconds(float64(m.passes*hidden)*pass + float64(m.descents)*(pass+eigenCost*k*k*k))
}

// costOf is how long the bound takes about of the parts of a network that have matrices.
func (m method) costOf(parts []*network.Network) time.Duration {
	var cost time.Duration
	for _, p := range parts {
		cost += m.cost(p)
	}
	return cost
}

// of computes the bound of a network of which some part has matrices; the product of any.
func (m method) of(b *bounds.Whole) float64 {
	if m.name == productMethod {
		return b.Product(bounds.Two)
	}
	v, _ := b.Bound(bounds.Two, func(b *bounds.Bounds, _ bounds.Norm) float64 { return m.bound(b) })
	return v
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// strongest computes the bounds that each take no longer than limit, and returns the least. It
// leaves LipSDP's optimum out unless asked for: descent comes close, in a fraction of the time.
func strongest(
	net *network.Network,
	b *bounds.Whole,
	limit time.Duration,
	optimum bool,
) (best float64, by string, computed []report.Method) {
	best = math.Inf(1)
	parts, reason := b.Matrices()
	for _, m := range methods {
		if m.solves && !optimum {
			continue
		}

		r := report.Method{Name: m.name, About: m.about, Kind: series.Certified}
		// What is not computed is listed with the reason, so that nobody takes it for forgotten.
		switch cost := m.costOf(parts); {
		case reason != "" && m.name != productMethod:
			r.Reason = reason
		case len(net.Layers) == 1 && m.name != productMethod:
			r.Reason = "of a single layer the product is exact"
		case cost > limit:
			r.Reason = fmt.Sprintf(
				"it would take about %v; --thorough computes it",
				cost.Round(time.Second),
			)
		default:
			cost := priceOf()
			v := m.of(b)
			setValue(&r, v)
			cost.note(&r)
			if v < best {
				best, by = v, m.name
			}
		}

		computed = append(computed, r)
	}

	return best, by, computed
}

// exact returns the constant itself or why it is not known.
func exact(net *network.Network) report.Method {
	r := report.Method{
		Name:  exactMethod,
		About: "the constant itself, from all pieces of a small piecewise linear network",
		Kind:  series.Exact,
	}

	// Pieces are enumerated from matrices.
	if written := writtenOut(net); written != nil {
		net = written
	}

	cost := priceOf()
	v, err := bounds.Exact(net)
	if err != nil {
		r.Reason = errors.Unwrap(err).Error() // what is wrong, without what it is wrong with
		return r
	}

	setValue(&r, v)
	cost.note(&r)

	return r
}

// setValue notes the value of a method, or why there is none.
func setValue(r *report.Method, v float64) {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		r.Reason = beyondFloat64
		return
	}
	r.Value = number(v)
}

// beyondFloat64 is why there is no value where arithmetic overflowed.
const beyondFloat64 = "it is beyond float64, whose largest number is 1.8e308"

// enclosed is the sandwich by branch and bound, found within a limit of time, or why there is none.
func enclosed(
	ctx context.Context,
	net *network.Network,
	limit time.Duration,
) (r report.Method, s bounds.Sandwich) {
	r = report.Method{
		Name:  sandwichMethod,
		About: "branch and bound over the signs of the hidden units",
		Kind:  series.Certified,
	}

	end := time.Now().Add(limit)
	stop := func() bool { return ctx.Err() != nil || time.Now().After(end) }

	if written := writtenOut(net); written != nil {
		net = written
	}

	cost := priceOf()
	s, err := bounds.Enclose(net, nil, bounds.Effort{Branches: math.MaxInt, Stop: stop})
	if err != nil {
		r.Reason = errors.Unwrap(err).Error()
		return r, s
	}

	setValue(&r, s.Upper)
	cost.note(&r)
	r.Lower = number(s.Lower)
	r.About += fmt.Sprintf(
		": reached %.6g, gap %.2g %% after %d branches",
		s.Lower,
		100*s.Gap(),
		s.Branches,
	)

	return r, s
}

// price is when something began, and what the program had allocated by then.
type price struct {
	start     time.Time
	allocated uint64
}

func priceOf() price { return price{time.Now(), allocated()} }

// note notes what a method that has a value has cost since.
func (p price) note(r *report.Method) {
	if r.Value == nil {
		return
	}
	r.Seconds = number(time.Since(p.start).Seconds())
	r.Allocated = number(float64(allocated() - p.allocated))
}

// allocated is how many bytes the program has taken from its heap so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func number(v float64) *series.Float { f := series.Float(v); return &f }
