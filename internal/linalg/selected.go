package linalg

// Panels is a float32 matrix B (rows×cols, cols ≥ PanelCols) laid out for products AᵀB over a
// subset of its rows. A Jacobian is such a product, because inactive units of a layer drop out. The
// columns are cut into panels of PanelCols; the last panel begins earlier if necessary. Each panel
// is stored row by row.
type Panels struct {
	Rows, Cols int
	data       []float32
}

const (
	// TileRows is the number of columns of A.
	TileRows = 10
	// PanelCols is the number of columns of B in a panel.
	PanelCols = 16
)

// NewPanels lays out the row-major rows×cols matrix b.
func NewPanels(b []float32, rows, cols int) *Panels {
	p := &Panels{Rows: rows, Cols: cols}
	p.data = make([]float32, 0, p.panelCount()*rows*PanelCols)
	for panel := range p.panelCount() {
		for i := range rows {
			p.data = append(p.data, b[i*cols+p.firstColumn(panel):][:PanelCols]...)
		}
	}
	return p
}

// Pairs returns the number of pairs of panels; the last may be a single panel.
func (p *Panels) Pairs() int {
	return (p.panelCount() + 1) / 2
}

func (p *Panels) panelCount() int {
	return (p.Cols + PanelCols - 1) / PanelCols
}

// firstColumn returns the first column of a panel.
func (p *Panels) firstColumn(panel int) int {
	return min(panel*PanelCols, p.Cols-PanelCols)
}

// MulSelected computes the columns of AᵀB in one pair of panels and writes them to dst
// (TileRows×Cols, row-major):
//
//	dst[r, c] = Σ_{i in selected} a[i, r]·B[i, c],
//
// where a is Rows×TileRows, row-major. It reads only the selected rows of a. Sums are in float32,
// in the order of selected, with fused multiply-adds if the processor has them. The elements of
// selected must be row indices of B; this is not checked.
func (p *Panels) MulSelected(dst, a []float32, pair int, selected []int32) {
	size, first := p.Rows*PanelCols, 2*pair
	panels := min(2, p.panelCount()-first)
	from, last := p.firstColumn(first), p.firstColumn(first+panels-1)

	// The assembly kernels do not check bounds, but these slice expressions do.
	dst = dst[from : (TileRows-1)*p.Cols+last+PanelCols]
	a, b := a[:p.Rows*TileRows], p.data[first*size:][:panels*size]
	switch {
	case panels == 1:
		mulSelected.one(dst, p.Cols, a, b, selected)
	case mulSelected.two != nil:
		mulSelected.two(dst, p.Cols, last-from, a, b, selected)
	default:
		mulSelected.one(dst, p.Cols, a, b[:size], selected)
		mulSelected.one(dst[last-from:], p.Cols, a, b[size:], selected)
	}
}

// FastSelection reports whether MulSelected has a kernel for this processor (AVX-512, or AVX2 with
// FMA). Without one it is far slower than a BLAS product over all rows.
func FastSelection() bool { return len(selections) > 1 }

// selections are the kernels that this processor can run, slowest first.
var selections = []selection{portableSelection}

// selection is a kernel of MulSelected for a dst with leading dimension ld. one handles a single
// panel b. two handles two panels, where the columns of the second are apart columns to the right
// of the first; it may be nil.
type selection struct {
	name string
	one  func(dst []float32, ld int, a, b []float32, selected []int32)
	two  func(dst []float32, ld, apart int, a, b []float32, selected []int32)
}

var portableSelection = selection{name: "portable", one: mulSelectedPortable}

// mulSelected is the kernel in use.
var mulSelected = portableSelection

func mulSelectedPortable(dst []float32, ld int, a, b []float32, selected []int32) {
	for r := range TileRows {
		clear(dst[r*ld:][:PanelCols])
	}
	for _, i := range selected {
		row := b[i*PanelCols:][:PanelCols]
		for r, f := range a[i*TileRows:][:TileRows] {
			sums := dst[r*ld:][:PanelCols]
			for c, v := range row {
				sums[c] += f * v
			}
		}
	}
}
