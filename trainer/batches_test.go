package trainer

import (
	"slices"
	"testing"
)

// numbered returns points whose only feature is their number and whose label is its parity.
func numbered(n int) points[float64] {
	data := testData(n, 1, 2)
	for i := range n {
		data.Train.X.Set(i, 0, float64(i))
		data.Train.Labels[i] = i % 2
	}
	return newPoints[float64](data.Train, data)
}

// order returns the numbers of the points in an epoch's batches. It checks that every point has its
// own label.
func order(t *testing.T, b *batches[float64], epoch int) (numbers []int) {
	t.Helper()
	for i := range b.batchCount() {
		batch := b.batch(epoch, i)
		x, y := batch.x.Data().([]float64), batch.y.Data().([]float64)
		if len(x) != batch.rows || len(y) != 2*batch.rows {
			t.Fatalf("batch of %d rows has %d inputs and %d targets", batch.rows, len(x), len(y))
		}
		for r, v := range x {
			n := int(v)
			numbers = append(numbers, n)
			if y[2*r+n%2] != 1 || y[2*r+1-n%2] != 0 {
				t.Errorf("point %d came with target %v", n, y[2*r:2*r+2])
			}
		}
	}

	return numbers
}

func counting(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}

func TestBatchSizes(t *testing.T) {
	for _, test := range []struct {
		points, size int
		want         []int // rows of each batch
		distinct     []int
	}{
		{10, 4, []int{4, 4, 2}, []int{4, 2}},
		{12, 4, []int{4, 4, 4}, []int{4}},
		{10, 10, []int{10}, []int{10}},
		{10, 99, []int{10}, []int{10}},
		{3, 1, []int{1, 1, 1}, []int{1}},
		{3, 2, []int{2, 1}, []int{2, 1}},
	} {
		for _, shuffle := range []bool{false, true} {
			b := newBatches(numbered(test.points), Config{BatchSize: test.size, Shuffle: shuffle})
			var rows []int
			for i := range b.batchCount() {
				rows = append(rows, b.batch(1, i).rows)
			}
			if !slices.Equal(rows, test.want) || !slices.Equal(b.sizes(), test.distinct) {
				t.Errorf("%d points by %d: batches of %v, sizes %v; want %v and %v", test.points, test.size, rows, b.sizes(), test.want, test.distinct)
			}
		}
	}
}

func TestBatchesInFileOrder(t *testing.T) {
	b := newBatches(numbered(11), Config{BatchSize: 4})
	for epoch := 1; epoch <= 3; epoch++ {
		if got := order(t, b, epoch); !slices.Equal(got, counting(11)) {
			t.Errorf("epoch %d: %v", epoch, got)
		}
	}
}

func TestShuffle(t *testing.T) {
	const n = 50
	c := Config{BatchSize: 16, Shuffle: true, Seed: 7}
	b := newBatches(numbered(n), c)
	seen := map[int][]int{}

	for epoch := 1; epoch <= 5; epoch++ {
		got := order(t, b, epoch)
		if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, counting(n)) {
			t.Errorf("epoch %d is not a permutation: %v", epoch, got)
		}
		for earlier, other := range seen {
			if slices.Equal(got, other) {
				t.Errorf("epochs %d and %d have the same order", earlier, epoch)
			}
		}
		seen[epoch] = got
	}

	// The same seed gives the same orders, regardless of which epoch is requested first.
	again := newBatches(numbered(n), c)
	for _, epoch := range []int{4, 1, 5} {
		if got := order(t, again, epoch); !slices.Equal(got, seen[epoch]) {
			t.Errorf("epoch %d asked for alone: %v, want %v", epoch, got, seen[epoch])
		}
	}

	c.Seed = 8
	if slices.Equal(order(t, newBatches(numbered(n), c), 1), seen[1]) {
		t.Error("another seed gives the same order")
	}
}
