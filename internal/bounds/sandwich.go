package bounds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// MaxSandwichUnits is the largest number of hidden units with a kink that Enclose accepts.
const MaxSandwichUnits = 64

// Effort limits the search of Enclose.
type Effort struct {
	// Gap is the relative gap between the ends at which the search stops. Default 1e-3.
	Gap float64
	// Branches is the maximum number of branches. Default 1000. The result depends only on this
	// number and the network.
	Branches int
	// Swift makes the branches after the first 20 about ten times cheaper, if there are at most
	// MaxSwiftInputs inputs and fewer inputs than units in the first layer.
	Swift bool
	// Stop, if not nil, is called after every branch and ends the search by returning true. The
	// result is sound whenever the search ends.
	Stop func() bool
	// Reached is a known lower bound on the constant, 0 if there is none.
	Reached float64
}

// Sandwich encloses a Lipschitz constant between two certified ends.
type Sandwich struct {
	// Lower is attained at the point At. If Lower is Effort.Reached, At may be nil.
	Lower, Upper float64
	At           []float64
	// Branches is the number of branches examined.
	Branches int
}

// Gap returns the gap between the ends, relative to the upper end.
func (s Sandwich) Gap() float64 {
	if s.Upper == 0 {
		return 0
	}
	return 1 - s.Lower/s.Upper
}

// Enclose encloses the Lipschitz constant in the 2-norm of a network with piecewise linear
// activations (relu, leaky_relu, identity) and at most MaxSandwichUnits hidden units with a kink.
// It holds over the whole space or, if near is not nil, within a neighbourhood. It fails on other
// networks.
//
// It is a branch and bound over the signs of pre-activations. LipSDP-Neuron bounds a branch from
// above, with the slopes that its signs leave open. Branches are pruned if it is proved that no
// input has their signs, and points inside branches give the lower end. Each branch takes a few
// Newton steps for LipSDP: about 5 ms for 64-32-1.
func Enclose(net *network.Network, near *Neighbourhood, e Effort) (Sandwich, error) {
	t, err := newTree(net, near, e)
	if err != nil {
		return Sandwich{}, fmt.Errorf("sandwich: %w", err)
	}
	t.grow()
	return t.result(), nil
}

// tree is the state of a branch and bound search.
type tree struct {
	Effort
	net   *network.Network // outputs without activation
	chain *chain
	space *space
	// first holds the first layer's pre-activations as functions on the space, whose coordinates
	// are divided by unit. If free, the pre-activations can have any values, and the space consists
	// of the pre-activations themselves.
	first affine
	unit  float64
	free  bool
	point func(u []float64) []float64 // the input for a point of the space, up to rounding errors

	swiftly  bool      // whether the current branch is treated as swift
	waiting  []*branch // sorted by bound, largest first
	closed   float64   // the largest bound of a branch that needs no further branching
	lower    float64
	at       []float64
	branches int
}

// branch is a node of the tree: signs of some pre-activations, 0 if they are open.
type branch struct {
	signs  [][]float64
	ranges [][]Range
	*relaxed

	// layer is the first layer with open signs, rows its pre-activations, and region the set where
	// all signs up to it hold.
	layer  int
	rows   affine
	region region

	// Of a swift branch: points inside the region, and the number of branches since Newton's method
	// last computed the multipliers.
	points [][]float64
	stale  int
}

func newTree(net *network.Network, near *Neighbourhood, e Effort) (*tree, error) {
	if err := net.Validate(); err != nil {
		return nil, err
	}

	net = withLinearOutputs(net)
	if err := enumerable(net, MaxSandwichUnits); err != nil {
		return nil, err
	}

	net, err := unrolled(net)
	if err != nil {
		return nil, err
	}

	if near != nil {
		if err := near.check(net); err != nil {
			return nil, err
		}
	}

	t := &tree{Effort: e, net: net, lower: e.Reached}
	switch {
	// A lower bound known beforehand needs no point. Without one, any point attains at least 0.
	case e.Reached > 0:
	case near == nil:
		t.at = make([]float64, net.In())
	default:
		t.at = near.Point
	}

	t.Gap = cmp.Or(t.Gap, 1e-3)
	t.Branches = cmp.Or(t.Branches, 1000)

	b, err := New(net)
	if err != nil {
		return nil, err
	}

	t.chain = b.chain
	// The constant is 0 or beyond float64: no branches are needed.
	if !math.IsNaN(b.trivial) {
		t.closed = b.trivial
		return t, nil
	}

	ranges := globalRanges(net)
	if near == nil {
		t.everywhere()
	} else {
		ranges = localRanges(net, t.chain, *near)
		t.restrictTo(*near)
	}

	t.plant(ranges)

	return t, nil
}

// withLinearOutputs turns outputs with an activation into hidden units.
func withLinearOutputs(net *network.Network) *network.Network {
	last := net.Last()
	if last.Activation.IsIdentity() {
		return net
	}
	one := network.Layer{Weight: identity(last.Out())}
	return &network.Network{Layers: append(slices.Clip(net.Layers), one)}
}

// everywhere makes the space the set of all inputs or, if there are no more units in the first
// layer than inputs, of all its pre-activations.
func (t *tree) everywhere() {
	l := t.net.Layers[0]
	units, n := l.Weight.Dims()
	// If there are no more pre-activations than inputs, they can take any values. If rows of W₁ are
	// dependent they cannot, but a larger space is sound.
	t.free = units <= n
	if t.free {
		n = units
	}

	t.space = &space{n: n, radius: math.Inf(1)}
	if !t.free {
		t.unit = commonScale(l)
		t.centreAt(make([]float64, n))
		t.point = func(u []float64) []float64 {
			return scaledVector(t.unit, u)
		}
		return
	}

	t.first = newAffine(units, n+1)
	for j := range units {
		t.first.rows.Set(j, j, 1)
	}

	t.unit = 1
	if len(t.net.Layers) > 2 {
		t.unit = commonScale(t.net.Layers[1])
	}

	// A point of the space is a pre-activation here. LQ finds the shortest input that produces it.
	var lq mat.LQ
	lq.Factorize(l.Weight)
	t.point = func(u []float64) []float64 {
		z := mat.NewVecDense(units, scaledVector(t.unit, u))
		if l.Bias != nil {
			z.SubVec(z, mat.NewVecDense(units, l.Bias))
		}

		var x mat.VecDense
		_ = lq.SolveVecTo(&x, false, z) // an error only reports ill-conditioning; the point is evaluated anyway
		return x.RawVector().Data
	}
}

// restrictTo makes the space a neighbourhood, with its centre at 0.
func (t *tree) restrictTo(near Neighbourhood) {
	_, exponent := math.Frexp(near.reach())
	t.unit = math.Ldexp(1, exponent)
	t.space = &space{n: t.net.In(), radius: rounding.Up(near.Radius / t.unit)}
	for _, v := range near.Box {
		t.space.box = append(t.space.box, rounding.Up(v/t.unit))
	}

	t.centreAt(near.Point)
	t.point = func(u []float64) []float64 {
		return near.inside(scaledVector(t.unit, u))
	}
}

// inside returns the point of the neighbourhood at offset u from its centre, or a point slightly
// nearer to the centre; nil if rounding errors leave none.
func (n Neighbourhood) inside(u []float64) []float64 {
	for _, shorter := range []float64{1, 1 - 1e-9, 1 - 1e-6, 0} {
		x, distance := make([]float64, len(u)), make([]float64, len(u))
		fits := true
		for k, c := range n.Point {
			x[k] = c + shorter*u[k]
			distance[k] = math.Abs(x[k]-c) * (1 + 2*rounding.Unit)
			fits = fits && (n.Box == nil || distance[k] <= n.Box[k])
		}

		// The distance is computed from the rounded point, so the returned point is certainly
		// inside.
		if fits && (n.Box != nil || rounding.Norm2Up(distance) <= n.Radius) {
			return x
		}
	}
	return nil
}

// centreAt sets the first layer's pre-activations on a space whose 0 stands for the given point.
func (t *tree) centreAt(point []float64) {
	l := t.net.Layers[0]
	units, n := l.Weight.Dims()
	t.first = newAffine(units, n+1)
	t.first.rows.Slice(0, units, 0, n).(*mat.Dense).Copy(l.Weight)

	z := centre{point, make([]float64, n)}.throughLayer(l)
	for j, constant := range z.value {
		t.first.rows.Set(j, n, constant/t.unit)
		off := z.err[j] / t.unit
		// Division by a power of 2 is exact, except for a constant that underflows.
		if off > 0 || constant/t.unit*t.unit != constant {
			off = rounding.SumUp(off, 2)
		}
		t.first.err.Set(j, n, off)
	}
}

// commonScale returns a power of 2 near the largest distance of a unit's kink from 0.
func commonScale(l network.Layer) float64 {
	largest := 0.0
	for j, b := range l.Bias {
		norm := floats.Norm(l.Weight.RawRowView(j), 2)
		if norm > 0 {
			largest = max(largest, math.Abs(b)/norm)
		}
	}
	if largest == 0 || math.IsInf(largest, 1) {
		return 1
	}
	_, exponent := math.Frexp(largest)
	return math.Ldexp(1, exponent)
}

// plant creates the root branch.
func (t *tree) plant(ranges [][]Range) {
	b := &branch{
		ranges: ranges,
		rows:   t.first,
		region: t.space.whole(),
	}
	for i, l := range t.net.Layers[:len(t.net.Layers)-1] {
		b.signs = append(b.signs, make([]float64, l.Out()))
		for j, r := range ranges[i] {
			b.signs[i][j] = signOf(l.Activation, r)
		}
	}

	if t.startBranch(b) {
		t.assess(b, nil)
	}
}

// signOf returns the sign of the pre-activations with slopes in the range, or 0 if both signs are
// possible. For an activation without a kink the sign does not matter.
func signOf(a network.Activation, r Range) float64 {
	switch {
	case r.Low < r.High:
		return 0
	case r.Low == 1:
		return 1
	}
	return -1
}

// grow examines branches until the ends meet or the effort is used up.
func (t *tree) grow() {
	for len(t.waiting) > 0 && t.branches < t.Branches {
		if t.waiting[0].bound <= t.enough() || t.Stop != nil && t.Stop() {
			return
		}

		b := t.waiting[0]
		t.waiting = t.waiting[1:]
		i, j := t.choose(b)
		t.swiftly = t.swift()
		for _, side := range []float64{1, -1} {
			t.followSign(b, i, j, side)
		}
	}
}

// enough returns the bound on the scaled chain below which a branch needs no further branching.
func (t *tree) enough() float64 {
	return math.Ldexp(t.lower/(1-t.Gap), -t.chain.exponent)
}

// choose returns the unit to branch on: the unit with an open sign from which the relaxation gains
// most. It prefers units of the first open layer, where a sign cuts the region, unless all
// combinations of its signs exist.
func (t *tree) choose(b *branch) (layer, unit int) {
	most := math.Inf(-1)
	for i := b.layer; i < len(b.signs); i++ {
		for j, sign := range b.signs[i] {
			if sign == 0 && b.looseness[i][j] > most {
				most, layer, unit = b.looseness[i][j], i, j
			}
		}

		if most > math.Inf(-1) && !(t.free && i == 0) && !t.space.blind() {
			break
		}
	}
	return layer, unit
}

// followSign examines the part of a branch in which a unit has the given sign.
func (t *tree) followSign(parent *branch, i, j int, side float64) {
	t.branches++
	b := parent.copied()
	t.decideSign(b, i, j, side)
	if i == b.layer && !t.cutBranch(b, j) {
		return
	}

	if t.advance(b) {
		t.assess(b, parent)
	}
}

// copied returns a branch with the signs and the region of b.
func (b *branch) copied() *branch {
	// Only the outer slices are cloned: decide copies the layer that it changes, and the rest is
	// shared.
	return &branch{
		layer:  b.layer,
		rows:   b.rows,
		region: b.region,
		signs:  slices.Clone(b.signs),
		ranges: slices.Clone(b.ranges),
		points: b.points,
	}
}

// decideSign sets the sign of a unit of a branch.
func (t *tree) decideSign(b *branch, i, j int, side float64) {
	b.signs[i] = slices.Clone(b.signs[i])
	b.ranges[i] = slices.Clone(b.ranges[i])
	b.signs[i][j] = side
	slope := 1.0
	if side < 0 {
		slope = negativeSlope(t.net.Layers[i].Activation)
	}
	b.ranges[i][j] = Range{Low: slope, High: slope}
}

// cutBranch restricts the region of a branch to where unit j of its layer has its sign. It returns
// false if nothing is left.
func (t *tree) cutBranch(b *branch, j int) bool {
	if t.swiftly {
		return t.cutSwiftly(b, j)
	}
	return t.cutRegion(b, j)
}

// cutRegion does the work of cut, starting from the witness of the region.
func (t *tree) cutRegion(b *branch, j int) bool {
	if t.net.Layers[b.layer].Activation.IsIdentity() || b.rows.isConstant(j) {
		return true
	}
	half := b.rows.half(j).facing(b.signs[b.layer][j])
	part, v := t.space.cutRegion(b.region, half)
	b.region = part
	return v != empty
}

// startBranch restricts the region of the root branch by the signs of its first layer.
func (t *tree) startBranch(b *branch) bool {
	return len(b.signs) == 0 || t.enter(b) && t.advance(b)
}

// enter restricts the region of a branch by the known signs of its current layer.
func (t *tree) enter(b *branch) bool {
	for j, sign := range b.signs[b.layer] {
		if sign != 0 && !t.cutBranch(b, j) {
			return false
		}
	}
	return true
}

// advance decides the signs of the layer that are determined by the region, and moves to the next
// layer once all are decided. It returns false if the region has no interior.
func (t *tree) advance(b *branch) bool {
	for b.layer < len(b.signs) {
		t.settleSigns(b)
		if slices.Contains(b.signs[b.layer], 0) {
			return true
		}

		t.leave(b)
		if b.layer == len(b.signs) {
			return true
		}

		// The next layer may already have signs, from local ranges or earlier branching.
		if !t.enter(b) {
			return false
		}
	}

	return true
}

// leave moves to the next layer of a branch once all signs of the current layer are decided.
func (t *tree) leave(b *branch) {
	slopes := make([]float64, len(b.signs[b.layer]))
	for j, r := range b.ranges[b.layer] {
		slopes[j] = r.Low
	}

	l := t.net.Layers[b.layer+1]
	b.rows = b.rows.throughLayer(slopes, l.Weight, l.Bias, t.unit)
	b.layer++
}

// settleSigns decides each open sign of a branch's layer if the other sign is proved to be
// impossible.
func (t *tree) settleSigns(b *branch) {
	for j, sign := range b.signs[b.layer] {
		switch {
		case sign != 0 || t.free && b.layer == 0:
		case b.rows.isConstant(j):
			t.settleConstant(b, j)
		case !b.region.lost:
			t.settleByPoints(b, j)
		}
	}
}

// settleByPoints decides the sign of a unit unless known points show that both signs occur. The
// points are the witness of the region or, in a swift branch, its own points, to which it may add a
// point with the other sign.
func (t *tree) settleByPoints(b *branch, j int) {
	points := b.points
	if points == nil {
		points = [][]float64{b.region.witness}
	}

	half := b.rows.half(j)
	low, high := 0.0, 0.0
	for _, p := range points {
		v := floats.Dot(half.row, p)
		low, high = min(low, v), max(high, v)
	}

	least := clearlyInside * floats.Norm(half.row, 2)
	if low < -least && high > least {
		return
	}

	side := 1.0
	if high < -low {
		side = -1
	}

	part, v := t.space.cutRegion(b.region, half.facing(-side))
	switch {
	case v == empty:
		t.decideSign(b, b.layer, j, side)
	case v == open && t.swiftly:
		b.points = append(slices.Clip(points), part.witness)
	}
}

// settleConstant decides the sign of a unit that does not depend on the inputs, if the sign is
// certain.
func (t *tree) settleConstant(b *branch, j int) {
	half := b.rows.half(j)
	constant, err := half.row[len(half.row)-1], half.err[len(half.err)-1]
	side := 1.0
	if constant <= 0 {
		side = -1
	}

	if math.Abs(constant) > err {
		t.decideSign(b, b.layer, j, side)
	}
}

// A dive takes about as long as a few bounds. So there is one in each of the first branches and in
// each branch without open signs, and otherwise only in every divesEvery-th branch.
const firstDives, divesEvery = 32, 8

// assess bounds a branch, then closes it or adds it to the waiting ones. It also searches it for a
// larger lower end.
func (t *tree) assess(b, parent *branch) {
	due := t.branches < firstDives || t.branches%divesEvery == 0
	if t.swiftly {
		b.relaxed = t.relaxSwiftly(b, parent)
		due = t.branches%divesSwiftly == 0
	} else {
		b.relaxed = t.relax(b, parent)
	}

	// A part of a branch cannot exceed the whole branch, whatever its own relaxation proves. A NaN
	// proves nothing either.
	if parent != nil && !(b.bound <= parent.bound) {
		b.bound = parent.bound
	}

	last := b.layer == len(b.signs) || b.lambda == nil
	if b.bound > t.enough() {
		switch {
		case last || due:
			t.dive(b)
		case t.swiftly && !b.region.lost:
			t.try(b.region)
		}
	}

	// The lower end may have risen.
	if last || b.bound <= t.enough() {
		t.closed = max(t.closed, b.bound)
		return
	}

	// Among equal bounds the oldest comes first, so that the order depends only on the network.
	at := sort.Search(len(t.waiting), func(i int) bool {
		return t.waiting[i].bound < b.bound
	})
	t.waiting = slices.Insert(t.waiting, at, b)
}

// relax bounds a branch by the optimum of LipSDP.
func (t *tree) relax(b, parent *branch) *relaxed {
	var before *relaxed
	if parent != nil {
		before = parent.relaxed
	}
	return t.chain.withSlopes(b.ranges).relaxed(before, t.Gap, t.enough())
}

// dive searches a branch for a point at which units have the signs that the relaxation prefers, as
// far as such points exist.
func (t *tree) dive(b *branch) {
	at := b.copied()
	for at.layer < len(at.signs) {
		for j, side := range at.signs[at.layer] {
			// The region was already cut by the signs of b's own layer, but not by those of later
			// layers.
			done := side != 0 && at.layer == b.layer
			if side == 0 {
				side = t.wish(b, at.layer, j)
			}

			if !done && !t.turn(at, j, side) {
				return
			}
		}

		t.leave(at)
	}

	if !at.region.lost {
		t.try(at.region)
	}
}

// try evaluates the witness of a region and raises the lower end if it can.
func (t *tree) try(r region) {
	x := t.point(t.space.point(r))
	if x == nil || linalg.EuclideanNorm(x) > math.MaxFloat64 {
		return
	}

	lower := t.chain.reached(t.net, x)
	if lower > t.lower {
		t.lower, t.at = lower, x
	}
}

// wish returns the sign that the relaxation of a branch prefers for a unit.
func (t *tree) wish(b *branch, i, j int) float64 {
	rising := b.rising == nil || b.rising[i][j]
	if rising == (negativeSlope(t.net.Layers[i].Activation) < 1) {
		return 1
	}
	return -1
}

// turn gives unit j of a branch's layer the sign side, or the other sign if no point with side is
// found. It returns false if neither sign has a point.
func (t *tree) turn(b *branch, j int, side float64) bool {
	for _, s := range []float64{side, -side} {
		before := b.region
		t.decideSign(b, b.layer, j, s)
		if t.cutRegion(b, j) && !b.region.lost {
			return true
		}
		b.region = before
	}

	return false
}

// result returns the current enclosure.
func (t *tree) result() Sandwich {
	bound := t.closed
	if len(t.waiting) > 0 {
		bound = max(bound, t.waiting[0].bound)
	}

	upper := max(t.chain.unscaled(bound), t.lower)
	return Sandwich{
		Lower:    t.lower,
		Upper:    upper,
		At:       t.at,
		Branches: t.branches,
	}
}
