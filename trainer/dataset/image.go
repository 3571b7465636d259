package dataset

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// images holds n pictures as they are stored in files: one byte for each pixel of each channel, row
// by row, channel by channel, picture by picture.
type images struct {
	n, channels, height, width int
	bytes                      []byte
}

// shape returns the shape of the pictures that features returns: channels, height, width.
func (m images) shape(o Options) [3]int {
	s := [3]int{m.channels, m.height, m.width}
	if o.Greyscale {
		s[0] = 1
	}
	if o.Resize > 0 {
		s[1], s[2] = o.Resize, o.Resize
	}
	return s
}

// features returns the pictures as points: bytes scaled to [0, 1], turned grey and resized
// according to the options, and flattened in the order of the bytes. It follows torchvision's
// transforms of tensors.
func (m images) features(o Options) (*mat.Dense, error) {
	shape := m.shape(o)
	channels, height, width := shape[0], shape[1], shape[2]
	dim := channels * height * width
	// The check divides, since the product of the sizes may overflow.
	if m.n > maxEntries/dim {
		return nil, fmt.Errorf(
			"%d pictures of %d×%d pixels would take more than 8 GiB",
			m.n,
			height,
			width,
		)
	}

	const size = 8
	err := input.CheckMemory(int64(m.n) * int64(dim) * size)
	if err != nil {
		return nil, fmt.Errorf("%d pictures: %w", m.n, err)
	}

	x := mat.NewDense(m.n, dim, nil)

	// The interpolation weights are the same for every picture.
	rows, columns := bilinear(m.height, height), bilinear(m.width, width)
	plane := m.height * m.width
	picture := make([]float64, m.channels*plane)
	for i := range m.n {
		for j, b := range m.bytes[i*len(picture) : (i+1)*len(picture)] {
			picture[j] = float64(b) / 255
		}

		if o.Greyscale {
			grey(picture)
		}

		row := x.RawRowView(i)
		for c := range channels {
			resize(row[c*height*width:], picture[c*plane:], m.width, rows, columns)
		}
	}

	return x, nil
}

// maxEntries bounds N·D of a split: 8 GiB of float64.
const maxEntries = 1 << 30

// grey overwrites the first plane of an RGB picture with its brightness. The weights are those that
// torchvision uses for tensors, so white becomes 0.9999.
func grey(picture []float64) {
	n := len(picture) / 3
	red, green, blue := picture[:n], picture[n:2*n], picture[2*n:]
	for i := range red {
		red[i] = 0.2989*red[i] + 0.587*green[i] + 0.114*blue[i]
	}
}

// tap defines a new pixel along one axis as (1−w)·old[lo] + w·old[hi].
type tap struct {
	lo, hi int
	w      float64
}

// bilinear lists where the pixels of an axis resized from old to new lie between the old pixels. It
// matches pixel centres and does not average when an image shrinks, like the default of
// torchvision.transforms.Resize for tensors up to version 0.16. (The paper used 0.15.2; since 0.17
// the default is antialias=True, which gives different values when an image shrinks.)
func bilinear(old, new int) []tap {
	taps := make([]tap, new)
	for i := range taps {
		// The centres of pixels are at half-integers; before the first centre there is nothing to
		// interpolate with.
		at := max(0, (float64(i)+0.5)*float64(old)/float64(new)-0.5)
		lo := int(at)
		taps[i] = tap{lo, min(lo+1, old-1), at - float64(lo)}
	}
	return taps
}

// resize resamples the plane at the start of src into the start of dst.
func resize(dst, src []float64, srcWidth int, rows, columns []tap) {
	k := 0
	for _, r := range rows {
		upper, lower := src[r.lo*srcWidth:], src[r.hi*srcWidth:]
		for _, c := range columns {
			above := (1-c.w)*upper[c.lo] + c.w*upper[c.hi]
			below := (1-c.w)*lower[c.lo] + c.w*lower[c.hi]
			dst[k] = (1-r.w)*above + r.w*below
			k++
		}
	}
}
