package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// The reference trajectories of the paper's convolutional networks use synthetic pictures, which
// NumPy drew from a fixed seed. This file draws them again; digests check that they are the same.

// labelled is a picture with its label.
type labelled struct {
	label  byte
	pixels []byte
}

// smooth draws noise on a coarse grid of cells×cells and interpolates it to side×side.
func smooth(r *rng.NumPy, side, cells int) []float64 {
	grid := make([]float64, cells*cells)
	for i := range grid {
		grid[i] = r.Normal()
	}

	low, part := make([]int, side), make([]float64, side)
	step := float64(cells-1) / float64(side-1)
	for i := range side {
		at := float64(i) * step
		if i == side-1 {
			at = float64(cells - 1)
		}
		low[i] = min(int(at), cells-2)
		part[i] = at - float64(low[i])
	}

	// The conversions prevent the compiler from fusing products and sums, so that the rounding is
	// NumPy's.
	mix := func(a, b, part float64) float64 { return float64(a*(1-part)) + float64(b*part) }
	rows := make([]float64, side*cells)
	for y := range side {
		for x := range cells {
			rows[y*cells+x] = mix(grid[low[y]*cells+x], grid[(low[y]+1)*cells+x], part[y])
		}
	}

	picture := make([]float64, side*side)
	for y := range side {
		for x := range side {
			picture[y*side+x] = mix(rows[y*cells+low[x]], rows[y*cells+low[x]+1], part[x])
		}
	}
	return picture
}

// digits draws the 5,000 training pictures in the order in which the paper's code reads them, and
// the 200 test pictures.
func digits() (train, test []labelled) {
	const side, border = 28, 3
	r := rng.NewNumPy(20261130)
	var templates [10][2][]float64
	for class := range templates {
		for i := range templates[class] {
			templates[class][i] = smooth(r, side, 5)
		}
	}

	draw := func(class int) labelled {
		template := templates[class][r.Intn(2)]
		down, right := r.Intn(5)-2, r.Intn(5)-2
		noise := smooth(r, side, 10)

		pixels := make([]byte, side*side)
		for y := border; y < side-border; y++ {
			for x := border; x < side-border; x++ {
				value := float64(300*template[(y-down+side)%side*side+(x-right+side)%side]) + float64(60*noise[y*side+x])
				pixels[y*side+x] = byte(min(255, max(0, math.Floor((value+20)/32)*32)))
			}
		}
		return labelled{byte(class), pixels}
	}

	// The pictures are drawn in the order of their places in a file of 60,000.
	places := rng.NewNumPy(42).Choice(60_000, 5_000)
	byPlace := make([]int, 60_000)
	for i, place := range places {
		byPlace[place] = i + 1
	}
	train = make([]labelled, len(places))
	for _, i := range byPlace {
		if i > 0 {
			train[i-1] = draw(r.Intn(10))
		}
	}

	for i := range 200 {
		test = append(test, draw(i%10))
	}
	return train, test
}

// photographs draws the 100 training pictures in the order in which the paper's code reads them,
// and the 50 test pictures.
func photographs() (train, test []labelled) {
	const side, plane = 32, 32 * 32
	r := rng.NewNumPy(20261201)
	var templates [10][3][]float64
	for class := range templates {
		for colour := range templates[class] {
			templates[class][colour] = smooth(r, side, 4)
		}
	}

	draw := func(class byte) labelled {
		pixels := make([]byte, 3*plane)
		for colour := range 3 {
			noise := smooth(r, side, 8)
			for i, v := range templates[class][colour] {
				value := 128 + float64(40*v) + float64(30*noise[i])
				pixels[colour*plane+i] = byte(min(255, max(0, math.Floor(value/16)*16)))
			}
		}
		return labelled{class, pixels}
	}

	var all []labelled
	for range 5 {
		var labels [40]byte
		for i := range labels {
			labels[i] = byte(r.Intn(10))
		}
		for _, label := range labels {
			all = append(all, draw(label))
		}
	}

	for i := range 50 {
		test = append(test, draw(byte(i%10)))
	}
	for _, place := range rng.NewNumPy(42).Choice(len(all), 100) {
		train = append(train, all[place])
	}
	return train, test
}

// pictures returns the data set of drawn pictures after checking their digest.
func pictures(t *testing.T, shape [3]int, train, test []labelled, want string) *dataset.Dataset {
	t.Helper()
	hash := sha256.New()
	for _, set := range [][]labelled{train, test} {
		for _, p := range set {
			hash.Write([]byte{p.label})
			hash.Write(p.pixels)
		}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		t.Fatalf("the pictures have the digest %s, want %s", got, want)
	}

	return &dataset.Dataset{Name: "pictures", Train: split(train), Test: split(test), Classes: 10, Shape: shape}
}

func split(set []labelled) dataset.Split {
	x := mat.NewDense(len(set), len(set[0].pixels), nil)
	labels := make([]int, len(set))
	for i, p := range set {
		labels[i] = int(p.label)
		for j, v := range p.pixels {
			x.Set(i, j, float64(float32(v)/255))
		}
	}
	return dataset.Split{X: x, Labels: labels}
}
