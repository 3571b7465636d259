package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Sum returns the SHA-256 of all points with their labels or targets, in hexadecimal. Data that
// differ in one bit have different sums.
func (d *Dataset) Sum() string {
	sum := sha256.New()
	var buffer []byte
	number := func(n uint64) {
		buffer = binary.LittleEndian.AppendUint64(buffer, n)
	}
	for _, s := range []Split{d.Train, d.Test} {
		for _, m := range []*mat.Dense{s.X, s.Y} {
			// The shape is part of the sum: the same numbers in different rows are different
			// points.
			rows, columns := 0, 0
			if m != nil && !m.IsEmpty() {
				rows, columns = m.Dims()
			}

			number(uint64(rows))
			number(uint64(columns))
			for i := range rows {
				for _, v := range m.RawRowView(i) {
					number(math.Float64bits(v))
				}

				sum.Write(buffer)
				buffer = buffer[:0]
			}
		}

		number(uint64(len(s.Labels)))
		for _, label := range s.Labels {
			number(uint64(label))
		}
	}

	sum.Write(buffer)

	return hex.EncodeToString(sum.Sum(nil))
}
