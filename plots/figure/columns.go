package figure

// Columns is the most columns of a heat map over epochs.
const Columns = 120

// A column is the epochs that a heat map draws as one, and the interval that it covers.
type column struct {
	Epochs   []int
	From, To float64
}

// EpochColumns groups epochs into at most as many columns as a heat map has, finely on a
// linear and on a logarithmic axis as thin does.
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

// span returns the interval around the i-th epoch: half-way to its neighbours, and at either
// end as far outwards as inwards.
func span(epochs []int, i int) (from, to float64) {
	e, last := float64(epochs[i]), len(epochs)-1
	if last == 0 {
		return e - 0.5, e + 0.5
	}

	// Of the first epoch both distances are to the second, of the last to the one before.
	left, right := max(i, 1), min(i+1, last)
	return e - float64(epochs[left]-epochs[left-1])/2, e + float64(epochs[right]-epochs[right-1])/2
}
