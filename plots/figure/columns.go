package figure

// Columns is the maximum number of columns of a heat map over epochs.
const Columns = 120

// A column holds the epochs that a heat map draws as one, and the interval they cover.
type column struct {
	Epochs   []int
	From, To float64
}

// EpochColumns groups epochs into at most Columns columns. Like Thin, it is fine enough for both
// linear and logarithmic axes.
func EpochColumns(epochs []int) []column {
	var cols []column
	last := -1
	for i := range epochs {
		b := i
		if len(epochs) > Columns {
			b = bucket(epochs, i, Columns)
		}

		from, to := span(epochs, i)
		if b != last {
			cols = append(cols, column{From: from})
			last = b
		}

		c := &cols[len(cols)-1]
		c.Epochs = append(c.Epochs, epochs[i])
		c.To = to
	}

	return cols
}

// span returns the interval around the i-th epoch: half-way to its neighbours. The first and the
// last epoch extend outwards as far as inwards.
func span(epochs []int, i int) (from, to float64) {
	e, last := float64(epochs[i]), len(epochs)-1
	if last == 0 {
		return e - 0.5, e + 0.5
	}

	// The first epoch only has a neighbour to the right, the last only one to the left.
	left, right := max(i, 1), min(i+1, last)
	return e - float64(epochs[left]-epochs[left-1])/2, e + float64(epochs[right]-epochs[right-1])/2
}
