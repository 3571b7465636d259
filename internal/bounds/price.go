package bounds

import "github.com/liptrack/liptrack/network"

// OptimalWork returns how many floating-point operations LipSDPOptimal takes about, from the
// widths alone: of N hidden neurons in all, some 30 Hessians of order N and their factorisations,
// and for each of them ten passes through the layers.
func OptimalWork(net *network.Network) float64 {
	const (
		steps   = 30
		trials  = 10
		passing = 8.0 // n×n×n multiply-adds, in a pass and a layer
	)
	neurons, passes, products := 0.0, 0.0, 0.0
	for _, l := range net.Layers[:len(net.Layers)-1] {
		n := float64(l.Out())
		neurons += n
		passes += 2 * passing * n * n * n
		products += 8 * n * n * neurons
	}

	return steps * (neurons*neurons*neurons/3 + products + trials*passes)
}
