package dataset

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

const flowers = `length, species ,width
5.1,setosa,3.5
7e0,versicolor,-3.2
" 6.3 ",virginica,3.3
4.9,setosa,3
`

func csvOptions(t *testing.T, train, test string) Options {
	t.Helper()
	o := DefaultOptions()
	o.Path, o.Train, o.Label = t.TempDir(), "train.csv", "species"
	writeFile(t, o.Path, "train.csv", []byte(train))
	if test != "" {
		o.Test = "test.csv"
		writeFile(t, o.Path, "test.csv", []byte(test))
	}
	return o
}

func TestLoadCSV(t *testing.T) {
	d := load(t, "csv", csvOptions(t, mark+flowers, "length,species,width\n1,virginica,2\n"))
	if d.Name != "train.csv" || d.Classes != 3 {
		t.Errorf("name %q, %d classes", d.Name, d.Classes)
	}
	checkSplit(t, "train", d.Train, [][]float64{{5.1, 3.5}, {7, -3.2}, {6.3, 3.3}, {4.9, 3}}, []int{0, 1, 2, 0})
	checkSplit(t, "test", d.Test, [][]float64{{1, 2}}, []int{2})
}

func TestLoadCSVPackedAndAbsolute(t *testing.T) {
	o := csvOptions(t, flowers, "")
	o.Train = writeFile(t, t.TempDir(), "flowers.csv.gz", []byte(flowers))
	o.Test = "train.csv"
	d := load(t, "csv", o)
	if d.Name != "flowers.csv.gz" || d.Train.Len() != 4 || d.Test.Len() != 4 {
		t.Errorf("%s: %d training and %d test points", d.Name, d.Train.Len(), d.Test.Len())
	}
}

func TestLoadCSVHoldsOut(t *testing.T) {
	var b strings.Builder
	b.WriteString("row,species\n")
	for i := range 50 {
		fmt.Fprintf(&b, "%d,%c\n", i, "ab"[i%2])
	}
	o := csvOptions(t, b.String(), "")
	o.TestFraction = 0.3
	d, again := load(t, "csv", o), load(t, "csv", o)
	if d.Train.Len() != 35 || d.Test.Len() != 15 {
		t.Fatalf("%d training and %d test points, want 35 and 15", d.Train.Len(), d.Test.Len())
	}
	all := slices.Concat(d.Train.X.RawMatrix().Data, d.Test.X.RawMatrix().Data)
	if !slices.IsSorted(all[:35]) || !slices.IsSorted(all[35:]) {
		t.Error("the parts do not keep the order of the file")
	}
	if !slices.Equal(all[35:], again.Test.X.RawMatrix().Data) {
		t.Error("the same seed holds out other points")
	}
	slices.Sort(all)
	for i, v := range all {
		if v != float64(i) {
			t.Fatalf("the parts together hold %v", all)
		}
	}

	o.Seed++
	if slices.Equal(load(t, "csv", o).Test.X.RawMatrix().Data, again.Test.X.RawMatrix().Data) {
		t.Error("another seed holds out the same points")
	}
	o.TestFraction = 0.001
	if n := load(t, "csv", o).Test.Len(); n != 1 {
		t.Errorf("a tiny fraction holds out %d points, want 1", n)
	}
	o.TestFraction = 0.999
	if n := load(t, "csv", o).Train.Len(); n != 1 {
		t.Errorf("a large fraction leaves %d points, want 1", n)
	}
}

func TestLoadCSVErrors(t *testing.T) {
	for _, c := range []struct {
		name, train, test string
		words             []string
	}{
		{"not a number", strings.Replace(flowers, "-3.2", "wide", 1), "", []string{"train.csv", "line 3, column 3 (width)", `"wide"`}},
		{"not finite", strings.Replace(flowers, "-3.2", "NaN", 1), "", []string{"line 3", "(width)", "finite"}},
		{"missing value", strings.Replace(flowers, "-3.2", "", 1), "", []string{"line 3", "(width)", "cell is empty"}},
		{"missing label", strings.Replace(flowers, "setosa", " ", 1), "", []string{"line 2, column 2 (species)", "empty"}},
		{"short row", flowers + "1,setosa\n", "", []string{"line 6 has 2 of the header's 3 columns", "no column 3 (width)"}},
		{"open quote", flowers + "1,\"setosa,2\n", "", []string{"line 6", "quote"}},
		{"no such column", "a,b\n1,2\n", "", []string{`"species"`, `"a", "b"`}},
		{"no features", "species\nx\n", "", []string{"no feature column"}},
		{"same name twice", "a,a,species\n1,2,x\n", "", []string{`two columns are named "a"`}},
		{"no rows", "a,species\n", "", []string{"no rows"}},
		{"empty file", "\n", "", []string{"no header"}},
		{"one class", "a,species\n1,x\n2,x\n", "", []string{`"x"`, "there must be at least two classes"}},
		{"other features", flowers, "width,species,length\n1,setosa,2\n", []string{"test.csv", `"width", "length"`, `"length", "width"`}},
		{"new label", flowers, "length,species,width\n1,setosa,2\n1,rosa,2\n", []string{"test.csv: line 3", `"rosa"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load("csv", csvOptions(t, c.train, c.test))
			checkError(t, err, append(c.words, "csv")...)
		})
	}

	o := csvOptions(t, flowers, "")
	o.Train = "other.csv"
	_, err := Load("csv", o)
	checkError(t, err, o.Path, "other.csv")
}

// For any bytes, the parser returns an error or a consistent table.
func FuzzParseCSV(f *testing.F) {
	f.Add([]byte(flowers), "species", "")
	f.Add([]byte("a,label\n1,x\n"), "label", "-a")
	f.Add([]byte("a;label\n\"1,5\";x\n"), "label", "a")
	f.Add([]byte("label\ta\r\n\"x\"\"y\"\t1e400\r\n"), "label", "")
	f.Add([]byte("\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00"), "b", "")

	f.Fuzz(func(t *testing.T, b []byte, label, columns string) {
		for _, rule := range []LabelRule{NeedLabels, TakeLabels, DropLabels} {
			table, err := parseCSV(bytes.NewReader(b), TableOptions{Label: label, Labels: rule, Columns: columns})
			if err != nil {
				continue
			}
			n, d := table.X.Dims()
			if n == 0 || d == 0 || len(table.Features) != d {
				t.Fatalf("%d×%d points, features %q", n, d, table.Features)
			}
			for _, v := range table.X.RawMatrix().Data {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("value %v", v)
				}
			}
			if (table.Labels == nil) != (rule == DropLabels) && rule != TakeLabels {
				t.Errorf("rule %d, labels %v", rule, table.Labels)
			}
			if table.Labels != nil {
				checkLabels(t, table.Labels, n)
			}
		}
	})
}

// checkLabels fails the test unless the names are distinct and each is the label of some point.
func checkLabels(t *testing.T, l *Labels, n int) {
	t.Helper()
	used := map[int]bool{}
	for _, k := range l.Index {
		used[k] = true
	}
	names := map[string]bool{}
	for k, name := range l.Names {
		if name == "" || names[name] || !used[k] {
			t.Errorf("names %q, index %v", l.Names, l.Index)
		}
		names[name] = true
	}
	if len(l.Index) != n || len(used) != len(l.Names) {
		t.Errorf("%d names, index %v of %d points", len(l.Names), l.Index, n)
	}
}
