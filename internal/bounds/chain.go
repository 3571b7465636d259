package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// chain holds what the bounds need to know of a network. Its links are the network's layers,
// divided by powers of 2; the product of these is 2^exponent.
type chain struct {
	links    []link
	exponent int
	output   float64 // Lipschitz constant of the output activation
	off      float64 // norm of the error in the first weight: 0 except in a branch

	start *ellipsoid // cached by firstEllipsoid; nil before
	equal *balance   // cached by balanced; nil before
}

// link is a layer: a weight and the slopes of the activation after it.
type link struct {
	w        *mat.Dense // out×in, divided by 2^exponent
	norm     float64    // in [½, 1), proved to be ≥ ‖w‖₂
	exponent int
	slopes   slopes
}

// newChain returns the chain of a network whose layers have the given norms.
func newChain(net *network.Network, ranges [][]Range, norms []linalg.Top) *chain {
	c := new(chain)
	for i, l := range net.Layers {
		// Dividing by powers of 2 is exact and keeps products of many layers in range.
		norm, exponent := math.Frexp(norms[i].Upper)
		c.exponent += exponent
		c.links = append(
			c.links,
			link{scaledBy(l.Weight, -exponent), norm, exponent, newSlopes(ranges[i])},
		)
	}
	c.output = c.last().slopes.lipschitz()
	return c
}

func (c *chain) last() *link {
	return &c.links[len(c.links)-1]
}

// hidden returns all links except the last.
func (c *chain) hidden() []link {
	return c.links[:len(c.links)-1]
}

// widest returns the number of neurons of the widest hidden layer.
func (c *chain) widest() int {
	n := 0
	for _, l := range c.hidden() {
		n = max(n, len(l.slopes.mid))
	}
	return n
}

// unscaled converts a bound on the scaled W_L D_{L−1} … W_1 into a bound on the network.
func (c *chain) unscaled(bound float64) float64 {
	return rounding.LdexpUp(rounding.MulUp(bound, c.output), c.exponent)
}

// normBound returns a number proved to be ≥ ‖w‖.
func (l *link) normBound(n Norm) float64 {
	if n == Two {
		return l.norm
	}
	return n.upperOf(l.w)
}
