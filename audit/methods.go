package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/memory"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// method is a certified bound. If work is nil, it is computed regardless of the time limit. If
// memory is nil, it needs no more memory than checkMemory has ensured.
type method struct {
	name, about string
	work        func(*network.Network) float64
	memory      func(*network.Network) float64
	bound       func(*bounds.Bounds) float64
}

// methods is the table of certified bounds, in the order of reports.
var methods = []method{
	{productMethod, "product of the layers' spectral norms", nil,
		nil, func(b *bounds.Bounds) float64 {
			return b.Product(bounds.Two)
		}},
	{"balanced", "the same after rescaling the neurons, which does not change the network", nil,
		nil, (*bounds.Bounds).Balanced},
	{"liplt", "runs of layers merged (LipLT; Combettes and Pesquet)", nil,
		nil, func(b *bounds.Bounds) float64 { return b.LipLT(bounds.Two) }},
	{"entrywise", "product of the matrices of magnitudes", nil,
		nil, func(b *bounds.Bounds) float64 {
			return b.Entrywise(bounds.Two)
		}},
	{"eclipse_fast", "ECLipsE-Fast: an ellipsoid carried through the layers", nil,
		bounds.RelaxedMemory, (*bounds.Bounds).EclipseFast},
	{"eclipse_scaled", "the same with the best multiplier for each layer", bounds.ScaledWork,
		bounds.RelaxedMemory, (*bounds.Bounds).EclipseScaled},
	{"eclipse_diagonal", "the same with a multiplier for each neuron, in closed form", bounds.DiagonalWork,
		bounds.RelaxedMemory, (*bounds.Bounds).EclipseDiagonal},
	{"lipsdp", "LipSDP-Neuron: the best multiplier for each neuron, by descent", bounds.DescentWork,
		bounds.RelaxedMemory, (*bounds.Bounds).LipSDP},
	{optimalMethod, "LipSDP-Neuron at its optimum, by an interior point method", bounds.OptimalWork,
		bounds.OptimalMemory, (*bounds.Bounds).LipSDPOptimal},
}

// optimalMethod is the bound that an audit skips if it needs bounds of many networks.
const optimalMethod = "lipsdp_optimal"

// productMethod is the bound that exists for every network.
const productMethod = "product"

// exactMethod computes the constant itself, for small networks; sandwichMethod encloses it by
// branch and bound, for somewhat larger ones.
const exactMethod, sandwichMethod = "exact", "sandwich"

const (
	// affordable is roughly how long each of the larger parts of an audit may take.
	affordable = 5 * time.Second
	// brief is how long a bound may take if an audit needs several of its kind.
	brief = affordable / 10
	// unlimited replaces affordable for whole-network bounds when all bounds are requested.
	unlimited = time.Duration(math.MaxInt64)
)

// passCost estimates how long a pass of ECLipsE-Fast takes.
func passCost(net *network.Network) time.Duration {
	return lasting(bounds.PassWork(net))
}

// lasting converts work, in arithmetic operations, to an estimated duration.
func lasting(work float64) time.Duration {
	return time.Duration(work / bounds.AssumedSpeed * float64(time.Second))
}

// cost estimates how long the bound takes.
func (m method) cost(net *network.Network) time.Duration {
	if m.work == nil {
		return 0
	}
	return lasting(m.work(net))
}

// costOf estimates how long the bound takes for the given parts of a network, which have matrices.
func (m method) costOf(parts []*network.Network) time.Duration {
	var cost time.Duration
	for _, p := range parts {
		cost += m.cost(p)
	}
	return cost
}

// lacking describes the needed and the available memory if the available memory does not suffice
// for the bound, in addition to the data that every bound needs; otherwise it returns "".
func (m method) lacking(net *network.Network) string {
	if m.memory == nil {
		return ""
	}
	return lacking(m.memory(net) - bounds.Memory(net))
}

// boundOf computes the bound. Except for the product, some part of the network must have matrices.
func (m method) boundOf(b *bounds.Whole) float64 {
	if m.name == productMethod {
		return b.Product(bounds.Two)
	}
	v, _ := b.Bound(bounds.Two, func(b *bounds.Bounds, _ bounds.Norm) float64 {
		return m.bound(b)
	})
	return v
}

// strongest computes all bounds that each take no longer than limit. It returns the smallest bound,
// the name of its method, and all methods in the form of the report. It skips LipSDP's optimum
// unless optimum is set: descent comes close in a fraction of the time.
func strongest(
	net *network.Network,
	b *bounds.Whole,
	limit time.Duration,
	optimum bool,
) (best float64, by string, computed []report.Method) {
	best = math.Inf(1)
	parts, reason := b.Matrices()
	for _, m := range methods {
		if m.name == optimalMethod && !optimum {
			continue
		}

		r := report.Method{
			Name:  m.name,
			About: m.about,
			Kind:  series.Certified,
		}
		// A bound that is not computed is listed with the reason.
		switch cost := m.costOf(parts); {
		case reason != "" && m.name != productMethod:
			r.Reason = reason
		case len(net.Layers) == 1 && m.name != productMethod:
			r.Reason = "the product is exact for a single layer"
		case cost > limit:
			r.Reason = fmt.Sprintf(
				"it would take about %v; --thorough computes it",
				cost.Round(time.Second),
			)
		case m.lacking(net) != "":
			r.Reason = "it would take " + m.lacking(net)
		default:
			compute(&r, func() (float64, error) {
				return m.boundOf(b), nil
			})
			if r.Value != nil && float64(*r.Value) < best {
				best, by = float64(*r.Value), m.name
			}

			if m.name == optimalMethod && b.Dense() != nil && r.Value != nil {
				r.Gap = optionalFloat(b.Dense().LipSDPGap())
			}
		}

		computed = append(computed, r)
	}

	return best, by, computed
}

// exact returns the constant itself, or the reason why it is not known.
func exact(net *network.Network) report.Method {
	r := report.Method{
		Name:  exactMethod,
		About: "the constant itself, from all pieces of a small piecewise linear network",
		Kind:  series.Exact,
	}

	compute(&r, func() (float64, error) {
		return bounds.Exact(net)
	})

	return r
}

// compute records the value of a method and its cost, or the reason why there is no value.
func compute(r *report.Method, bound func() (float64, error)) {
	start, allocated := time.Now(), memory.Allocated()
	v, err := bound()
	switch {
	case err != nil:
		r.Reason = errors.Unwrap(err).Error() // the cause, without the context around it
	case math.IsInf(v, 0) || math.IsNaN(v):
		r.Reason = beyondFloat64
	default:
		r.Value = optionalFloat(v)
		r.Seconds = optionalFloat(time.Since(start).Seconds())
		r.Allocated = optionalFloat(float64(memory.Allocated() - allocated))
	}
}

// beyondFloat64 is the reason given if arithmetic overflowed.
const beyondFloat64 = "it is beyond float64, whose largest number is 1.8e308"

// enclosed returns the enclosure by branch and bound found within the time limit, or the reason why
// there is none.
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

	var err error
	compute(&r, func() (float64, error) {
		s, err = bounds.Enclose(
			net,
			nil,
			bounds.Effort{Branches: math.MaxInt, Swift: true, Stop: stop},
		)
		return s.Upper, err
	})

	if err != nil {
		return r, s
	}

	r.Lower = optionalFloat(s.Lower)
	r.About += fmt.Sprintf(
		": reached %.6g, gap %s after %d branches",
		s.Lower,
		report.Percent(s.Gap()),
		s.Branches,
	)

	return r, s
}

func optionalFloat[F ~float64](v F) *series.Float {
	f := series.Float(v)
	return &f
}
