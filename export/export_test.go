package export

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

type opener func(io.Writer, []Column) (RowWriter, error)

// written returns a table encoded in a format.
func written(t *testing.T, open opener, columns []Column, fill func(RowWriter) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b, columns)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGoldenTables(t *testing.T) {
	paths := fixture(t)
	runs := gather(t, options(t, "lower_bound,test_loss,spectral_norm", "last,best,stop,1"), paths)
	table, err := runs.Table()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "runs.csv", written(t, NewCSV, table.Columns, table.WriteRows))
	golden(t, "runs.jsonl", written(t, NewJSONL, table.Columns, table.WriteRows))
	seeds, err := gather(t, options(t, "lower_bound", "stop"), paths[1:]).OverSeeds()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "seeds.csv", written(t, NewCSV, seeds.Columns, seeds.WriteRows))
	for name, naming := range map[string]Naming{"series.csv": OwnNames, "paper.csv": PaperNames} {
		golden(t, name, written(t, NewCSV, SeriesColumns, func(w RowWriter) error {
			for _, p := range paths {
				if err := WriteSeries(w, read(t, p), naming); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// TestOrderOfRunsIsTheTables checks that rows do not depend on the order in which runs are read.
func TestOrderOfRunsIsTheTables(t *testing.T) {
	paths := fixture(t)
	table := func() []byte {
		table, err := gather(t, options(t, "", "last"), paths).Table()
		if err != nil {
			t.Fatal(err)
		}
		return written(t, NewCSV, table.Columns, table.WriteRows)
	}

	want := table()
	slices.Reverse(paths)
	if got := table(); !bytes.Equal(got, want) {
		t.Errorf("in another order the table is\n%s\nand not\n%s", got, want)
	}
}

// TestCSVIsNoProgram writes names that a spreadsheet would take for formulas, and negative numbers.
func TestCSVIsNoProgram(t *testing.T) {
	var b bytes.Buffer
	w, err := NewCSV(&b, []Column{{"=A1", Text}, {"-lr", Number}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "-0.5", "+Inf", "a=b", "", "＝1+1", "\n=1"} {
		if err := w.Write([]Cell{textCell(name), numberCell(-1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	want := "'=A1,'-lr\n'=1+1,-1\n'+cmd|' /C calc'!A0,-1\n'-2+3,-1\n'@SUM(1),-1\n'\t=1,-1\n-0.5,-1\n+Inf,-1\na=b,-1\n,-1\n'＝1+1,-1\n\"'\n=1\",-1\n"
	if b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}

// TestParquetReadsBack reads every cell back and checks that the bytes are reproducible.
func TestParquetReadsBack(t *testing.T) {
	table, err := gather(t, options(t, "lower_bound[*],test_loss", "last,1"), fixture(t)).Table()
	if err != nil {
		t.Fatal(err)
	}
	file := written(t, NewParquet, table.Columns, table.WriteRows)
	if again := written(t, NewParquet, table.Columns, table.WriteRows); !bytes.Equal(file, again) {
		t.Error("written again, the bytes differ")
	}
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range f.Root().Columns() {
		if c.Name() != table.Columns[i].Name || !c.Optional() {
			t.Errorf("column %d is %s, want %s", i, c.Name(), table.Columns[i].Name)
		}
	}

	rows := make([]parquet.Row, len(table.Rows)+1)
	n, _ := f.RowGroups()[0].Rows().ReadRows(rows)
	if n != len(table.Rows) {
		t.Fatalf("%d rows, want %d", n, len(table.Rows))
	}
	for i, row := range table.Rows {
		for j, cell := range row {
			if got := rows[i][j]; !sameValue(got, cell, table.Columns[j].Type) {
				t.Errorf("row %d, %s: %v, want %+v", i, table.Columns[j].Name, got, cell)
			}
		}
	}
}

func sameValue(v parquet.Value, c Cell, t Type) bool {
	switch {
	case !c.filled:
		return v.IsNull()
	case t == Integer:
		return v.Int64() == c.integer
	case t == Number:
		return math.Float64bits(v.Double()) == math.Float64bits(c.number)
	}
	return string(v.ByteArray()) == c.text
}

// TestParquetHasManyRowGroups reads back more rows than a writer buffers.
func TestParquetHasManyRowGroups(t *testing.T) {
	const n = 2*rowGroup + 5
	file := written(t, NewParquet, []Column{{"a", Integer}, {"b,c", Text}}, func(w RowWriter) error {
		for i := range n {
			if err := w.Write([]Cell{integerCell(i), textCell(fmt.Sprint(i % 3))}); err != nil {
				return err
			}
		}
		return nil
	})

	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if f.NumRows() != n || len(f.RowGroups()) != 3 {
		t.Errorf("%d rows in %d groups, want %d in 3", f.NumRows(), len(f.RowGroups()), n)
	}
}

// TestSelectors uses a run whose bound is measured at every other epoch.
func TestSelectors(t *testing.T) {
	paths := fixture(t)
	table, err := gather(t, options(t, "lower_bound,test_loss", "last,best,stop,2,3"), paths[3:]).Table()
	if err != nil {
		t.Fatal(err)
	}
	row := cells(t, table)[0]
	for name, want := range map[string]any{
		"epoch@last": 3.0, "epoch@best": 1.0, "epoch@stop": 5.0, // the first of the least; the status knows the stop
		"lower_bound@last": 4.0, "lower_bound@last.epoch": 2.0, "lower_bound@best": 1.0, "lower_bound@best.epoch": 0.0,
		"lower_bound@stop": 4.0, "lower_bound@stop.epoch": 2.0, "lower_bound@2": 4.0, "lower_bound@3": nil,
		"test_loss@last": 2.0, "test_loss@best": 1.0, "test_loss@stop": 2.0, "test_loss@stop.epoch": 3.0, "test_loss@3": 2.0,
	} {
		if got, ok := row[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}

	o := options(t, "test_loss", "best")
	o.Best = ParseCriterion("max:lower_bound[on=correct]")
	if table, err = gather(t, o, paths[3:]).Table(); err != nil || cells(t, table)[0]["epoch@best"] != 0.0 {
		t.Errorf("greatest bound: error %v, rows %v", err, table.Rows)
	}
}

// TestPatternsChooseColumns selects columns by names and labels.
func TestPatternsChooseColumns(t *testing.T) {
	paths := fixture(t)
	for patterns, want := range map[string]string{
		"":                                 "lower_bound test_loss",
		"lower_bound":                      "lower_bound",
		"lower_bound[*]":                   "lower_bound lower_bound[on=correct]",
		"spectral_norm":                    "spectral_norm[layer=9] spectral_norm[layer=10]",
		"spectral_norm[layer=1?],*_loss":   "spectral_norm[layer=10] test_loss",
		"test_loss, *":                     "test_loss lower_bound spectral_norm[layer=9] spectral_norm[layer=10]",
		"lower_bound[a=b,on=*],test_*[on]": "",
	} {
		table, err := gather(t, options(t, patterns, "0"), paths).Table()
		if (err != nil) != (want == "") {
			t.Errorf("%s: error %v", patterns, err)
		}
		var got []string
		for _, c := range table.Columns {
			if name, ok := strings.CutSuffix(c.Name, "@0"); ok {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s chooses %q, want %q", patterns, got, want)
		}
	}
}

func TestKeysChooseColumns(t *testing.T) {
	paths := fixture(t)
	for list, want := range map[string]string{
		"varying": "model.hidden", "all": "description model.hidden train.optimizer.lr", "train.*,seed": "train.optimizer.lr", "*": "description model.hidden train.optimizer.lr",
	} {
		o := options(t, "test_loss", "last")
		var err error
		if o.Keys, err = ParseKeys(list); err != nil {
			t.Fatal(err)
		}
		table, err := gather(t, o, paths).Table()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range table.Columns[5 : len(table.Columns)-2] {
			got = append(got, c.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s chooses %q, want %q", list, got, want)
		}
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	paths := fixture(t)
	table := func(o Options) error { _, err := gather(t, o, paths).Table(); return err }
	wrongKeys, wrongBest := options(t, "", "last"), options(t, "", "best")
	wrongKeys.Keys = Keys{"model.hiden"}
	wrongBest.Best = ParseCriterion("tets_loss")
	_, selector := ParseSelectors("last,-3")
	_, pattern := ParsePatterns("a[b")
	_, empty := ParsePatterns("a,,b")
	_, same := gather(t, options(t, "", "last"), append(paths, paths[0])).OverSeeds()
	begun := filepath.Join(t.TempDir(), "series.jsonl")
	put(t, begun, `{"liptrack_series":1,"experiment":"e","run":"r"}`+"\n")
	_, unmeasured := gather(t, options(t, "", "last"), []string{begun}).Table()

	for want, err := range map[string]error{
		"nothing has been measured yet: the runs have only begun, or failed before":                                unmeasured,
		"no run has a metric lower_bond; did you mean lower_bound?":                                                table(options(t, "lower_bond", "last")),
		"no run has any of these metrics at 99":                                                                    table(options(t, "", "0,99")),
		"no run's configuration has a key model.hiden; did you mean model.hidden?":                                 table(wrongKeys),
		"no run has a finite tets_loss to choose its best epoch by; did you mean test_loss?":                       table(wrongBest),
		`"-3" is not an epoch to look at: want last, best, stop or a whole number from 0`:                          selector,
		`"a[b": a bracket is not closed`:                                                                           pattern,
		`"" is not a metric's name: want one such as test_loss, upper_*, spectral_norm[layer=1] or lower_bound[*]`: empty,
		"two runs have the same setting and seed 2: unfinished and unfinished of experiment exp; give one of them": same,
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestStatisticsAreThoseOfExactArithmetic compares the statistics of random values with exact
// arithmetic.
func TestStatisticsAreThoseOfExactArithmetic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 8).Draw(rt, "values")
		runs := NewRuns(options(t, "test_loss", "last"))
		for seed, v := range values {
			h := header("r", uint64(seed), "[4]")
			h.Config["description"] = ""
			table := series.NewTable(h)
			table.Add(point(3, series.TestLoss, "", v))
			runs.Add(rundir.Record{Table: table, Status: rundir.Status{State: rundir.Completed}})
		}

		table, err := runs.OverSeeds()
		if err != nil || len(table.Rows) != 1 {
			rt.Fatalf("%d rows, error %v", len(table.Rows), err)
		}
		row := cells(t, table)[0]
		mean, variance := exactMoments(values)
		name := "test_loss@last."
		scale := slices.MaxFunc(values, func(a, b float64) int { return int(math.Copysign(1, math.Abs(a)-math.Abs(b))) })
		near := func(got any, want float64) bool { return math.Abs(got.(float64)-want) <= 1e-12*(1+math.Abs(scale)) }
		if row[name+"min"] != slices.Min(values) || row[name+"max"] != slices.Max(values) || row[name+"count"] != float64(len(values)) || !near(row[name+"mean"], mean) {
			rt.Errorf("%v of %v", row, values)
		}
		if len(values) == 1 {
			if row[name+"std"] != nil {
				rt.Errorf("one value has the deviation %v", row[name+"std"])
			}
		} else if !near(row[name+"std"], math.Sqrt(variance)) {
			rt.Errorf("deviation %v of %v, want %v", row[name+"std"], values, math.Sqrt(variance))
		}
	})
}

// exactMoments returns the mean and the sample variance, computed with rational numbers.
func exactMoments(values []float64) (mean, variance float64) {
	n := int64(len(values))
	sum, squares := new(big.Rat), new(big.Rat)
	for _, v := range values {
		x := new(big.Rat).SetFloat64(v)
		sum.Add(sum, x)
		squares.Add(squares, x.Mul(x, x))
	}

	m := sum.Mul(sum, big.NewRat(1, n))
	mean, _ = m.Float64()
	if n > 1 {
		square := new(big.Rat).Mul(m, m)
		squares.Sub(squares, square.Mul(square, big.NewRat(n, 1)))
		variance, _ = squares.Mul(squares, big.NewRat(1, n-1)).Float64()
	}

	return mean, variance
}
