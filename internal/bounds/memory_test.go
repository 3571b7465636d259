package bounds_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// TestMemoryIsWhatIsTakenAtLeast: runs are refused that need more than there is, so nothing may be
// said to take more than it does.
func TestMemoryIsWhatIsTakenAtLeast(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	weight := func(in int) float64 { return r.NormFloat64() / math.Sqrt(float64(in)) }
	for _, widths := range [][]int{{150, 160, 3}, {20, 170, 180, 3}, {190, 20, 190, 3}} {
		net := testnet.Network(widths, network.ReLU, network.Identity, weight, nil)

		for name, c := range map[string]struct {
			least func([]int) float64
			bound func(*bounds.Bounds) float64
		}{
			"liplt":   {bounds.Memory, func(b *bounds.Bounds) float64 { return b.LipLT(bounds.Two) }},
			"fast":    {bounds.RelaxedMemory, (*bounds.Bounds).EclipseFast},
			"optimal": {bounds.OptimalMemory, (*bounds.Bounds).LipSDPOptimal},
		} {
			var before, after runtime.MemStats
			runtime.GC() // twice, so that pools keep nothing of what came before
			runtime.GC()
			runtime.ReadMemStats(&before)
			b, err := bounds.New(net)
			if err != nil {
				t.Fatal(err)
			}
			c.bound(b)
			runtime.ReadMemStats(&after)

			if taken, least := float64(after.TotalAlloc-before.TotalAlloc), c.least(widths); least > taken {
				t.Errorf("%v, %s: %.3g bytes at least, and took %.3g", widths, name, least, taken)
			}
		}
	}
}
