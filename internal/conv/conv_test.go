package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomWindow returns a window that fits the shape.
func randomWindow(r *rand.Rand, in Shape) Window {
	var w Window
	for axis, side := range [2]int{in.Height, in.Width} {
		w.Size[axis] = 1 + r.IntN(min(side, 4))
		w.Stride[axis] = 1 + r.IntN(3)
		w.Pad[axis] = r.IntN(w.Size[axis]/2 + 1)
		w.Dilation[axis] = 1 + r.IntN(2)
		if w.reach(axis) > side+2*w.Pad[axis] {
			w.Dilation[axis] = 1
		}
	}
	return w
}

func randomShape(r *rand.Rand) Shape { return Shape{1 + r.IntN(3), 1 + r.IntN(7), 1 + r.IntN(9)} }

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

func dot(a, b []float64) float64 {
	var sum float64
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// naive computes a convolution by definition.
func naive(c Conv, kernel, x []float64, n int) []float64 {
	y := make([]float64, 0, n*c.Out().Size())
	for i := range n {
		for o := range c.Outs {
			for oy := range c.Height {
				for ox := range c.Width {
					var sum float64
					for channel := range c.In.Channels {
						for ky := range c.Size[0] {
							for kx := range c.Size[1] {
								iy := oy*c.Stride[0] - c.Pad[0] + ky*c.dilation(0)
								ix := ox*c.Stride[1] - c.Pad[1] + kx*c.dilation(1)
								if iy < 0 || iy >= c.In.Height || ix < 0 || ix >= c.In.Width {
									continue
								}
								weight := kernel[((o*c.In.Channels+channel)*c.Size[0]+ky)*c.Size[1]+kx]
								sum += weight * x[((i*c.In.Channels+channel)*c.In.Height+iy)*c.In.Width+ix]
							}
						}
					}

					y = append(y, sum)
				}
			}
		}
	}

	return y
}

// For any window over any planes, the value matches the definition, Adjoint is the adjoint,
// KernelGradient is the derivative of a map that is linear in the kernel, and EachInput lists its
// matrix.
func TestConvolutionsAreTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		in := randomShape(r)
		c, err := NewConv(in, 1+r.IntN(3), randomWindow(r, in))
		if err != nil {
			t.Fatal(err)
		}
		n := 1 + r.IntN(4)
		what := fmt.Sprintf("%+v, %d points", c, n)
		kernel, x, y := normals(r, c.Kernel()), normals(r, n*in.Size()), normals(r, n*c.Out().Size())

		var s Scratch[float64]
		value := make([]float64, len(y))
		Forward(c, kernel, x, value, n, &s)
		for i, want := range naive(c, kernel, x, n) {
			if math.Abs(value[i]-want) > 1e-12 {
				t.Fatalf("%s: output %d is %v, want %v", what, i, value[i], want)
			}
		}

		back := make([]float64, len(x))
		Adjoint(c, kernel, y, back, n, &s)
		if got, want := dot(back, x), dot(y, value); math.Abs(got-want) > 1e-11 {
			t.Fatalf("%s: ⟨Aᵀy, x⟩ is %v, ⟨y, Ax⟩ %v", what, got, want)
		}

		grad := normals(r, len(kernel))
		before := dot(grad, kernel)
		KernelGradient(c, x, y, grad, n, 1, &s)
		if got, want := dot(grad, kernel)-before, dot(y, value); math.Abs(got-want) > 1e-11 {
			t.Fatalf("%s: ⟨∂K, K⟩ is %v, ⟨y, Ax⟩ %v", what, got, want)
		}

		var row float64
		o := r.IntN(c.Outs)
		place := r.IntN(c.Places())
		c.EachInput(place, func(entry, input int) { row += kernel[o*c.FanIn()+entry] * x[input] })
		if want := value[o*c.Places()+place]; math.Abs(row-want) > 1e-12 {
			t.Fatalf("%s: row of output %d, %d gives %v, want %v", what, o, place, row, want)
		}
	}
}

// Points whose columns do not fit into one group have the same outputs as each point alone.
func TestGroupsOfPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	c, err := NewConv(Shape{8, 32, 32}, 4, Square(3, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	const n = 9
	if g := c.Group(n); g == 1 || g == n {
		t.Fatalf("groups of %d of %d points", g, n)
	}

	kernel, x := normals(r, c.Kernel()), normals(r, n*c.In.Size())
	together, alone := make([]float64, n*c.Out().Size()), make([]float64, n*c.Out().Size())
	var s Scratch[float64]
	Forward(c, kernel, x, together, n, &s)
	for i := range n {
		Forward(c, kernel, x[i*c.In.Size():], alone[i*c.Out().Size():], 1, &s)
	}
	for i, v := range together {
		if math.Abs(v-alone[i]) > 1e-12 {
			t.Fatalf("output %d is %v together, %v alone", i, v, alone[i])
		}
	}
}

// Pools match their definition for every window, in any geometry.
func TestPoolsAreTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		in := randomShape(r)
		g, err := NewPool(in, randomWindow(r, in))
		if err != nil {
			t.Fatal(err)
		}
		n := 1 + r.IntN(3)
		x, outs := normals(r, n*in.Size()), g.Pooled().Size()
		for i := range x {
			x[i] = math.Round(2*x[i]) / 2 // so that there are ties
		}

		y, at := make([]float64, n*outs), make([]int32, n*outs)
		Max(g, x, y, at, n)
		mean, counted := make([]float64, n*outs), make([]float64, n*outs)
		Average(g, false, x, mean, n)
		Average(g, true, x, counted, n)
		windows := g.Windows()

		for i := range n {
			point := x[i*in.Size():][:in.Size()]
			for o, window := range windows {
				var values []float64
				for _, j := range window {
					values = append(values, point[j])
				}
				largest := slices.Max(values)
				first := window[slices.Index(values, largest)]
				if y[i*outs+o] != largest || at[i*outs+o] != first {
					t.Fatalf("%+v: output %d is %v from %d, want %v from %d", g, o, y[i*outs+o], at[i*outs+o], largest, first)
				}
				sum := dot(values, slices.Repeat([]float64{1}, len(values)))
				if math.Abs(mean[i*outs+o]-sum/float64(len(values))) > 1e-14 ||
					math.Abs(counted[i*outs+o]-sum/float64(g.entries())) > 1e-14 {
					t.Fatalf("%+v: output %d has the means %v, %v", g, o, mean[i*outs+o], counted[i*outs+o])
				}
			}
		}

		v := normals(r, n*outs)
		back := make([]float64, len(x))
		AverageAdjoint(g, true, v, back, n)
		if got, want := dot(back, x), dot(v, counted); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%+v: ⟨Aᵀy, x⟩ is %v, ⟨y, Ax⟩ %v", g, got, want)
		}
		MaxAdjoint(g, v, back, at, n)
		if got, want := dot(back, x), dot(v, y); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%+v: ⟨Pᵀy, x⟩ is %v, ⟨y, Px⟩ %v", g, got, want)
		}
	}
}

// The output of a window with a NaN is NaN, the gradient goes to that NaN, and nothing panics, even
// with infinities.
func TestMaxOfNaNs(t *testing.T) {
	g, err := NewPool(Shape{1, 1, 4}, Line(2, 2, 0))
	if err != nil {
		t.Fatal(err)
	}
	nan, inf := math.NaN(), math.Inf(-1)
	for _, test := range []struct {
		x  [4]float64
		at [2]int32
	}{
		{[4]float64{nan, 1, 2, nan}, [2]int32{0, 3}},
		{[4]float64{nan, nan, inf, inf}, [2]int32{1, 2}},
	} {
		y, at := make([]float64, 2), make([]int32, 2)
		Max(g, test.x[:], y, at, 1)
		if [2]int32(at) != test.at || !math.IsNaN(y[0]) {
			t.Errorf("%v gives %v from %v, want from %v", test.x, y, at, test.at)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		w    Window
		want int
	}{{Square(2, 2, 0), 1}, {Square(3, 2, 1), 4}, {Square(3, 1, 1), 9}, {Square(2, 3, 0), 1}} {
		g, err := NewPool(Shape{2, 8, 8}, test.w)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Overlap(); got != test.want {
			t.Errorf("%+v: overlap %d, want %d", test.w, got, test.want)
		}
	}
}

func TestWindowsThatDoNotFit(t *testing.T) {
	for _, test := range []struct {
		w     Window
		words string
	}{
		{Square(7, 1, 0), "a window of height 7 over an input of height 4 with padding 0"},
		{Square(0, 1, 0), "a window of height 0"},
		{Square(2, 0, 0), "a stride of 0"},
		{Square(2, 1, -1), "a padding of -1"},
		{Window{Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 2}}, "a window of width 5 over an input of width 4"},
	} {
		if _, err := NewConv(Shape{1, 4, 4}, 1, test.w); err == nil || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%+v: error %v does not mention %q", test.w, err, test.words)
		}
	}
	if _, err := NewPool(Shape{1, 4, 4}, Square(2, 2, 2)); err == nil || !strings.Contains(err.Error(), "at most half") {
		t.Errorf("padding of 2 for a pool of 2: error %v", err)
	}

	apart := Window{Size: [2]int{1, 2}, Stride: [2]int{1, 1}, Pad: [2]int{0, 1}, Dilation: [2]int{1, 5}}
	_, err := NewPool(Shape{1, 1, 4}, apart)
	if err == nil || !strings.Contains(err.Error(), "contains only padding") {
		t.Errorf("a pool whose entries lie on both sides of the input: error %v", err)
	}
}
