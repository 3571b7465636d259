package claims

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestStudentsInterval compares the interval with the table of t: 2.132 at 4 degrees of freedom.
func TestStudentsInterval(t *testing.T) {
	got := meanOf(spread{1, 2, 3, 4, 5}, 0.05)
	margin := 2.131847 * math.Sqrt(2.5/5)
	checkInterval(t, got, interval{3, 3 - margin, 3 + margin}, 1e-6)
}

// TestWelchsInterval compares the interval with Student's if one side has no spread, and with the
// pooled test if both have the same spread, which has n + m − 2 degrees of freedom.
func TestWelchsInterval(t *testing.T) {
	s := spread{1, 2, 3, 4, 5}
	alone := meanOf(s, 0.05)
	checkInterval(t, differenceOf(s, spread{0, 0}, 0.05), alone, 1e-12)

	margin := 1.859548 * math.Sqrt(2*2.5/5) // t at 8 degrees of freedom
	checkInterval(t, differenceOf(s, spread{2, 3, 4, 5, 6}, 0.05), interval{-1, -1 - margin, -1 + margin}, 1e-6)
}

func checkInterval(t *testing.T, got, want interval, tolerance float64) {
	t.Helper()
	for _, pair := range [][2]float64{{got.mean, want.mean}, {got.low, want.low}, {got.high, want.high}} {
		if math.Abs(pair[0]-pair[1]) > tolerance {
			t.Errorf("interval %v, want %v", got, want)
			return
		}
	}
}

// TestLevelHolds counts how often a verdict is due to chance. If the true effect equals the least
// effect, agreements and disagreements must both be as rare as the level, also for few seeds and
// unequal spreads.
func TestLevelHolds(t *testing.T) {
	const trials = 8000
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, mean, deviation float64) spread {
		s := make(spread, n)
		for i := range s {
			s[i] = math.Exp(mean + deviation*random.NormFloat64())
		}
		return s
	}

	for _, c := range []struct {
		n, m int
		a, b float64
	}{{2, 2, 0.1, 0.1}, {4, 4, 0.1, 0.1}, {2, 4, 0.5, 0.1}, {4, 4, 1, 0.01}} {
		count := map[Verdict]int{}
		for range trials {
			f := exceeds("", draw(c.n, math.Log(1.5), c.a), draw(c.m, 0, c.b), 1.5)
			count[f.verdict]++
		}

		// Three standard errors of a share of 5 % are 0.7 %. With 2 seeds and unequal spreads,
		// Welch's approximation exceeds its level, up to 7 %.
		for _, v := range []Verdict{Agrees, Disagrees} {
			if share := float64(count[v]) / trials; share > level+0.012 && c.a != 0.5 || share > 0.08 ||
				c.n == 4 && share < 0.02 {
				t.Errorf("%+v: chance %s in a share of %.3f", c, v, share)
			}
		}
	}
}

// TestPowerOfFourSeeds checks that a clear effect is detected and that a negligible one is refused.
func TestPowerOfFourSeeds(t *testing.T) {
	a, b := spread{10, 10.2, 9.9, 10.1}, spread{5, 5.1, 4.9, 5.05}
	for least, want := range map[float64]Verdict{1.5: Agrees, 2: Undecided, 2.5: Disagrees} {
		if f := exceeds("", a, b, least); f.verdict != want {
			t.Errorf("twice as large, at least %v: %s (%s)", least, f.verdict, f.why)
		}
	}
	negligible := spread{1.0079, 1.0085, 1.0070, 1.0081}
	if f := above("", negligible, 1.05); f.verdict != Disagrees {
		t.Errorf("a significant but negligible effect %s", f.verdict)
	}
}

func TestWithin(t *testing.T) {
	s := spread{9.9, 10, 10.1, 10}
	for _, c := range []struct {
		low, high float64
		want      Verdict
	}{{9, 11, Agrees}, {10.05, 11, Undecided}, {10.5, 11, Disagrees}, {math.Inf(-1), 9, Disagrees}, {10, 10, Undecided}} {
		if f := liesWithin("", s, c.low, c.high); f.verdict != c.want {
			t.Errorf("within %v and %v: %s (%s)", c.low, c.high, f.verdict, f.why)
		}
	}

	if f := liesWithin("", spread{10}, 9, 11); f.verdict != Undecided {
		t.Errorf("one seed %s", f.verdict)
	}
	if f := liesWithin("", spread{10, math.NaN()}, 9, 11); f.verdict != Undecided {
		t.Errorf("NaN %s", f.verdict)
	}
}

// TestMajority compares the sign test with exact probabilities: 1/32 for 5 of 5, 6/32 for 4 of 5.
func TestMajority(t *testing.T) {
	for _, c := range []struct {
		hits, trials int
		want         Verdict
	}{{5, 5, Agrees}, {4, 5, Undecided}, {4, 4, Undecided}, {0, 5, Disagrees}, {1, 5, Undecided}, {0, 0, Undecided}, {60, 63, Agrees}} {
		if f := majority("", c.hits, c.trials); f.verdict != c.want {
			t.Errorf("%d of %d: %s", c.hits, c.trials, f.verdict)
		}
	}
}

// TestFollowing checks that 12 points with a correlation of 0.2 decide nothing.
func TestFollowing(t *testing.T) {
	if i := correlationInterval(0.2, 12); i.low > -0.3 || i.high < 0.6 {
		t.Errorf("interval %v", i)
	}
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	for _, c := range []struct {
		y    []float64
		want Verdict
	}{
		{x, Agrees},
		{[]float64{2, 1, 3, 5, 4, 6, 8, 7, 9, 12, 10, 11}, Agrees},
		{[]float64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, Disagrees},
		{[]float64{5, 1, 7, 12, 2, 8, 3, 11, 4, 9, 6, 10}, Undecided},
	} {
		if f := follows("", x, c.y); f.verdict != c.want {
			t.Errorf("%v: %s (%s)", c.y, f.verdict, f.why)
		}
	}
}
