package linalg

// Panels is a float32 matrix B (rows×cols, cols ≥ PanelCols) laid out for products AᵀB over some of
// its rows: a Jacobian is one where the units of a layer that are off drop out. The columns are cut
// into panels of PanelCols, the last of which begins earlier if it must, and each panel is stored row
// by row.
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

// NewPanels lays out b, rows×cols, row-major.
func NewPanels(b []float32, rows, cols int) *Panels {
	p := &Panels{Rows: rows, Cols: cols}
	p.data = make([]float32, 0, p.Count()*rows*PanelCols)
	for panel := range p.Count() {
		for i := range rows {
			p.data = append(p.data, b[i*cols+p.start(panel):][:PanelCols]...)
		}
	}
	return p
}

// Count is the number of panels.
func (p *Panels) Count() int { return (p.Cols + PanelCols - 1) / PanelCols }

// start is the first column of a panel.
func (p *Panels) start(panel int) int { return min(panel*PanelCols, p.Cols-PanelCols) }

// MulSelected writes those columns of AᵀB that are in one panel to dst (TileRows×Cols, row-major):
//
//	dst[r, c] = Σ_{i in selected} a[i, r]·B[i, c],
//
// a being Rows×TileRows, row-major, of which only the selected rows are read. Sums are in float32, in
// the order of selected, with fused multiply-adds where the processor has them. What selected holds
// must be rows of B; that is not checked.
func (p *Panels) MulSelected(dst, a []float32, panel int, selected []int32) {
	dst = dst[p.start(panel) : (TileRows-1)*p.Cols+p.start(panel)+PanelCols]
	mulSelected(dst, p.Cols, a[:p.Rows*TileRows], p.data[panel*p.Rows*PanelCols:][:p.Rows*PanelCols], selected)
}

// FastSelection says whether MulSelected has a kernel for this processor (AVX-512, or AVX2 with FMA).
// Without one it is far slower than a product by BLAS over all rows.
func FastSelection() bool { return len(selections) > 1 }

// selections are the kernels that this processor can run, from slow to fast: MulSelected on one panel b,
// with rows of dst ld apart.
var selections = []selection{{"portable", mulSelectedPortable}}

type selection struct {
	name string
	mul  func(dst []float32, ld int, a, b []float32, selected []int32)
}

// mulSelected is the kernel in use.
var mulSelected = mulSelectedPortable

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
