package bounds

import (
	"fmt"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

// The benchmarks run on the fastest BLAS of the machine and report its name.
func BenchmarkBounds(b *testing.B) {
	b.Log(linalg.UseBLAS(linalg.AutoBLAS))
	for _, widths := range [][]int{{40, 256, 10}, {40, 65536, 10}, {40, 256, 256, 10}, {784, 512, 512, 10}} {
		net := he(1, widths...)
		b.Run(fmt.Sprint(widths), func(b *testing.B) {
			b.Run("New", func(b *testing.B) {
				for b.Loop() {
					mustBounds(b, net)
				}
			})

			for _, bound := range all {
				b.Run(bound.name, func(b *testing.B) {
					for b.Loop() {
						b.StopTimer()
						bounds := mustBounds(b, net)
						b.StartTimer()
						bound.of(bounds)
					}
				})
			}
		})
	}
}

// LipSDP's optimum on networks from ECLipsE's generator; bench/lipsdp.py has cvxopt solve the same
// networks.
func BenchmarkLipSDPOptimal(b *testing.B) {
	for _, size := range [][2]int{{2, 20}, {5, 40}, {8, 64}, {10, 20}, {10, 60}, {20, 40}} {
		net := eclipseNetwork(size[0], size[1])
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				mustBounds(b, net).LipSDPOptimal()
			}
		})
	}
}
