// Package export makes tables of what runs recorded, for spreadsheets, data frames and
// TensorBoard: one row per run, statistics over seeds, all time series. It sees nothing but series
// and the files beside them, and holds one run at a time.
package export

// A Table holds columns and rows in a fixed order.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// A Column has cells of one type, any of which may be empty.
type Column struct {
	Name string
	Type Type
}

// Type is the type of the cells of a column.
type Type int

// Types of columns.
const (
	Text Type = iota
	Integer
	Number
)

// A Cell is a value or empty. The zero Cell is empty.
type Cell struct {
	filled  bool
	text    string
	integer int64
	number  float64
}

func textCell(s string) Cell {
	return Cell{filled: true, text: s}
}

func integerCell(n int) Cell {
	return Cell{filled: true, integer: int64(n)}
}

func numberCell(v float64) Cell {
	return Cell{filled: true, number: v}
}

func (c Cell) of(t Type) float64 {
	if t == Integer {
		return float64(c.integer)
	}
	return c.number
}
