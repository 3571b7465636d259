package export

import (
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// rowGroup is how many rows a Parquet writer holds before it writes them.
const rowGroup = 1 << 17

type parquetWriter struct {
	out     *parquet.GenericWriter[any]
	columns []Column
	rows    []parquet.Row // the first ones, as many as waiting, are not written yet
	waiting int
}

// NewParquet returns a writer of a Parquet file, compressed by zstd, whose columns are optional
// strings, int64s and doubles. Empty cells are null; NaN and infinities are doubles.
func NewParquet(w io.Writer, columns []Column) (RowWriter, error) {
	root := orderedGroup{}
	for _, c := range columns {
		root.fields = append(root.fields, field{parquet.Optional(node(c.Type)), c.Name})
	}
	out := parquet.NewGenericWriter[any](
		w,
		parquet.NewSchema("liptrack", root),
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.CreatedBy("liptrack", "", ""),
	)
	p := &parquetWriter{
		out:     out,
		columns: columns,
		rows:    make([]parquet.Row, batch),
	}
	for i := range p.rows {
		p.rows[i] = make(parquet.Row, len(columns))
	}

	return p, nil
}

func node(t Type) parquet.Node {
	switch t {
	case Integer:
		return parquet.Int(64)
	case Number:
		return parquet.Leaf(parquet.DoubleType)
	}
	return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
}

// batch is the number of rows passed to the Parquet library at once.
const batch = 512

func (p *parquetWriter) Write(row []Cell) error {
	values := p.rows[p.waiting]
	for i, cell := range row {
		// Definition level 0 is null and 1 is a value. Optional columns of a flat table have no
		// other levels.
		values[i] = cell.parquet(p.columns[i].Type).Level(0, level(cell), i)
	}
	p.waiting++
	if p.waiting < batch {
		return nil
	}
	return p.flush()
}

func (p *parquetWriter) flush() error {
	_, err := p.out.WriteRows(p.rows[:p.waiting])
	p.waiting = 0
	return err
}

func (p *parquetWriter) Close() error {
	if err := p.flush(); err != nil {
		return err
	}
	return p.out.Close()
}

// level returns the definition level of an optional value.
func level(c Cell) int {
	if c.filled {
		return 1
	}
	return 0
}

func (c Cell) parquet(t Type) parquet.Value {
	switch {
	case !c.filled:
		return parquet.NullValue()
	case t == Integer:
		return parquet.Int64Value(c.integer)
	case t == Number:
		return parquet.DoubleValue(c.number)
	}
	return parquet.ByteArrayValue([]byte(c.text))
}

// An orderedGroup is a Parquet group that keeps the order of its fields and allows commas in names.
// Groups made from a map or a struct do neither.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field {
	return g.fields
}

// GoType returns a struct type to satisfy the interface. It is never instantiated, since rows are
// written as values.
func (g orderedGroup) GoType() reflect.Type {
	return reflect.TypeFor[struct{}]()
}

type field struct {
	parquet.Node
	name string
}

func (f field) Name() string { return f.name }

func (f field) Value(reflect.Value) reflect.Value {
	return reflect.Value{}
}
