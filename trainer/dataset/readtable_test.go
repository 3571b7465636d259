package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"
	"golang.org/x/text/encoding/unicode"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// tableOf parses content as a CSV file.
func tableOf(t *testing.T, content string, o TableOptions) (*Table, error) {
	t.Helper()
	return ReadTable(writeFile(t, t.TempDir(), "own.csv", []byte(content)), o)
}

// texts returns the labels of the points.
func texts(l *Labels) []string {
	if l == nil {
		return nil
	}
	var all []string
	for _, k := range l.Index {
		all = append(all, l.Names[k])
	}
	return all
}

func TestReadTableOfCSV(t *testing.T) {
	utf16 := func(order unicode.Endianness, text string) string {
		encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}

	const plain = "length,width,label\n5.1,3.5,b\n7,-3.2,a\n"
	for name, c := range map[string]struct {
		content string
		options TableOptions
		labels  string
	}{
		"label that is not asked for": {plain, TableOptions{Labels: TakeLabels}, "b a"},
		"no label":                    {"length,width\n5.1,3.5\n7e0,-3.2\n", TableOptions{Labels: TakeLabels}, ""},
		"named label":                 {"length, species ,width\n5.1,b,3.5\n7,a,-3.2\n", TableOptions{Label: "species"}, "b a"},
		"labels dropped":              {plain, TableOptions{Labels: DropLabels}, ""},
		"labels that never were":      {"length,width\n5.1,3.5\n7,-3.2\n", TableOptions{Label: "x", Labels: DropLabels}, ""},
		"byte-order mark":             {mark + plain, TableOptions{}, "b a"},
		"CRLF":                        {strings.ReplaceAll(plain, "\n", "\r\n"), TableOptions{}, "b a"},
		"UTF-16":                      {utf16(unicode.LittleEndian, plain), TableOptions{}, "b a"},
		"UTF-16 the other way round":  {utf16(unicode.BigEndian, plain), TableOptions{}, "b a"},
		"semicolons":                  {strings.ReplaceAll(plain, ",", ";"), TableOptions{}, "b a"},
		"tabs":                        {strings.ReplaceAll(plain, ",", "\t"), TableOptions{}, "b a"},
		"bars":                        {strings.ReplaceAll(plain, ",", "|"), TableOptions{}, "b a"},
		"CR":                          {strings.ReplaceAll(plain, "\n", "\r"), TableOptions{}, "b a"},
		"Excel's separator line":      {"sep=;\r\n" + strings.ReplaceAll(plain, ",", ";"), TableOptions{}, "b a"},
		"bars and decimal commas":     {"length|width|label\r5,1|3,5|b\r7|-3,2|a\r", TableOptions{}, "b a"},
		"commas in a quoted name":     {"length;width;\"a,b,c,label\"\n5,1;3,5;b\n7;-3,2;a\n", TableOptions{Label: "a,b,c,label"}, "b a"},
		"decimal commas":              {"length;width;label\n5,1;3,5;b\n7;-3,2;a\n", TableOptions{}, "b a"},
		"chosen columns":              {"length,id,width,label\n5.1,x,3.5,b\n7,y,-3.2,a\n", TableOptions{Columns: "width, length"}, "b a"},
		"columns left out":            {",length,width,when,label\n0,5.1,3.5,May,b\n1,7,-3.2,June,a\n", TableOptions{Columns: "-,-when"}, "b a"},
		"columns by number":           {"0,1,label\n5.1,3.5,b\n7,-3.2,a\n", TableOptions{}, "b a"},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := tableOf(t, c.content, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(texts(table.Labels), " "); got != c.labels {
				t.Errorf("labels %q, want %q", got, c.labels)
			}
			if !mat.Equal(table.X, mat.NewDense(2, 2, []float64{5.1, 3.5, 7, -3.2})) {
				t.Errorf("points %v", table.X)
			}
			if name != "columns by number" && !slices.Equal(table.Features, []string{"length", "width"}) {
				t.Errorf("features %q", table.Features)
			}
		})
	}
}

func TestReadTableErrors(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		options TableOptions
		words   []string
	}{
		"no such label":          {"a,b\n1,2\n", TableOptions{Label: "species"}, []string{`"species"`, `"a", "b"`}},
		"text for a number":      {"a,b\n1,x\n", TableOptions{Labels: TakeLabels}, []string{"line 2, column 2 (b)", `"x"`}},
		"a number in hex":        {"a\n0x10\n", TableOptions{Labels: TakeLabels}, []string{"line 2", `"0x10"`}},
		"underscores":            {"a\n1_000\n", TableOptions{Labels: TakeLabels}, []string{"line 2", `"1_000"`}},
		"infinity":               {"a\nInf\n", TableOptions{Labels: TakeLabels}, []string{"line 2", `"Inf"`}},
		"an empty cell":          {"a,b\n1,2\n,3\n", TableOptions{Labels: TakeLabels}, []string{"line 3, column 1 (a)", "empty"}},
		"a decimal comma":        {"a,b\n1,5,2\n", TableOptions{Labels: TakeLabels}, []string{"line 2 has 3 columns, the header 2", "decimal commas"}},
		"a short row after CR":   {"a|b\r1|2\r3\r", TableOptions{Labels: TakeLabels}, []string{"line 3 has 1 of the header's 2 columns", "column 2 (b)"}},
		"unknown separator":      {"a^label\n1^x\n", TableOptions{}, []string{`"a^label"`, "bars separate columns"}},
		"no rows":                {"a,b\n", TableOptions{Labels: TakeLabels}, []string{"no rows"}},
		"nothing":                {"", TableOptions{Labels: TakeLabels}, []string{"no header"}},
		"no header":              {"5.1,3.5\n7,-3.2\n", TableOptions{Labels: TakeLabels}, []string{"line 1", `"5.1"`, "names of the columns"}},
		"no header but a label":  {"5.1,cat\n7,dog\n", TableOptions{}, []string{"first line a header"}},
		"a quoted decimal comma": {"a,b\n\"1,5\",2\n", TableOptions{Labels: TakeLabels}, []string{"line 2", `"1,5"`, "semicolons, tabs or bars"}},
		"thousands":              {"a;b\n1.234,5;2\n", TableOptions{Labels: TakeLabels}, []string{"line 2", `"1.234,5"`}},
		"UTF-16 without a mark":  {"a\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00", TableOptions{Labels: TakeLabels}, []string{"line 1", "UTF-16"}},
		"Latin-1":                {"a,label\n1,\xe9\n", TableOptions{}, []string{"line 2, column 2 (label)", "not UTF-8"}},
		"Latin-1 in the header":  {"\xe9,label\n1,x\n", TableOptions{}, []string{"line 1, column 1", "not UTF-8"}},
		"unnamed first column":   {",a,b,c\n0,1,2,3\n", TableOptions{Labels: TakeLabels}, []string{"column 1 has no name", "index=False"}},
		"unnamed last column":    {"a,b,c,\n1,2,3,\n", TableOptions{Labels: TakeLabels}, []string{"column 4 has no name"}},
		"unknown column":         {"a,b\n1,2\n", TableOptions{Labels: TakeLabels, Columns: "a,c"}, []string{`"c"`, `"a", "b"`}},
		"taken and left":         {"a,b\n1,2\n", TableOptions{Labels: TakeLabels, Columns: "a,-b"}, []string{"not both"}},
		"nothing left":           {"a,b\n1,2\n", TableOptions{Labels: TakeLabels, Columns: "-a,-b"}, []string{"no feature column"}},
		"escapes in a name":      {"a\x1b[31m\nx\n", TableOptions{Labels: TakeLabels}, []string{"(a?[31m)"}},
		"a long cell":            {"a\n" + strings.Repeat("x", 1<<16) + "\n", TableOptions{Labels: TakeLabels}, []string{`xx"… is not`}},
	} {
		_, err := tableOf(t, c.content, c.options)
		t.Run(name, func(t *testing.T) { checkError(t, err, append(c.words, "own.csv")...) })
		if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\x1b")) {
			t.Errorf("%s: error %q", name, err)
		}
	}

	_, err := ReadTable(filepath.Join(t.TempDir(), "missing.csv"), TableOptions{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestReadTableOfNPZ(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.npz")
	err := npz.Write(path, map[string]any{"x.npy": mat.NewDense(2, 2, []float64{1, 2, 3, 4}), "y.npy": []int64{7, 5}, "z.npy": []float64{0.5, 1}})
	if err != nil {
		t.Fatal(err)
	}
	for key, labels := range map[string]string{"y": "7 5", "absent": "", "": ""} {
		table, err := ReadTable(path, TableOptions{Labels: TakeLabels, Keys: NPZKeys{X: "x", Y: key}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(texts(table.Labels), " "); got != labels || table.Features != nil || table.X.At(1, 0) != 3 {
			t.Errorf("labels %q from %q: %+v", got, key, table)
		}
	}

	_, err = ReadTable(path, TableOptions{Keys: NPZKeys{X: "x", Y: "z"}})
	checkError(t, err, "own.npz", "z[0]", "0.5", "regression")
	_, err = ReadTable(path, TableOptions{Keys: NPZKeys{X: "features"}})
	checkError(t, err, `"features"`, `"x"`, "keys")
}

// If all labels are numbers, a number is the same label regardless of how it is written.
func TestOneRuleForLabels(t *testing.T) {
	for labels, names := range map[string]string{
		"10 9 -1 9":         "-1 9 10",
		"10 9 x":            "10 9 x",
		"b a c a":           "a b c",
		"1.5 10 2":          "1.5 2 10",
		"3.0 3 03 +3":       "3",
		"0.0 1.0 11.0 10 2": "0 1 2 10 11",
		"1e1 9":             "9 10",
		"3.0 3 x":           "3 3.0 x",
		"0x10 16":           "0x10 16",
	} {
		var c labelCollector
		for i, label := range strings.Fields(labels) {
			if err := c.collect(label, i, new(input.Quota)); err != nil {
				t.Fatal(err)
			}
		}
		l := c.labels(func(i int) string { return fmt.Sprint(i) })
		checkLabels(t, l, len(strings.Fields(labels)))
		if got := strings.Join(l.Names, " "); got != names {
			t.Errorf("%s: names %s, want %s", labels, got, names)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		labels  string
		classes int
		given   string
		want    []int
		names   string
	}{
		{"0 2 1", 3, "", []int{0, 2, 1}, ""},
		{"0.0 2.0", 12, "", []int{0, 2}, ""},
		{"5 7 6", 3, "", []int{0, 2, 1}, "5 6 7"},
		{"b a", 2, "", []int{1, 0}, "a b"},
		{"b a", 3, "c b a", []int{1, 2}, "c b a"},
		{"2 1", 3, "c b a", []int{2, 1}, "c b a"},
		{"2.0 1", 2, "2 1", []int{0, 1}, "2 1"},
	} {
		var given []string
		if c.given != "" {
			given = strings.Fields(c.given)
		}
		numbers, names, err := labelsOf(c.labels).Numbers(c.classes, given)
		if err != nil || !slices.Equal(numbers, c.want) || strings.Join(names, " ") != c.names {
			t.Errorf("%s of %d %q: %v, %q, %v", c.labels, c.classes, c.given, numbers, names, err)
		}
	}

	for _, c := range []struct {
		labels  string
		classes int
		given   []string
		words   []string
	}{
		{"a b c d e f g h i j k l", 3, nil, []string{"12", `"a"`, "and 2 more", "--classes"}},
		{"0.5 1.5 2.5", 2, nil, []string{"from 0 to 1"}},
		{"a", 2, nil, []string{"lacks a class"}},
		{"a b", 2, []string{"a", "c"}, []string{`place 1`, `"b"`, `"a", "c"`}},
		{"a b", 3, []string{"a", "b"}, []string{"2 names", "3 classes"}},
		{"a b", 2, []string{"a", "a"}, []string{"twice"}},
		{"5", 2, []string{"a", "b"}, []string{`"5" is none`}},
	} {
		_, _, err := labelsOf(c.labels).Numbers(c.classes, c.given)
		checkError(t, err, c.words...)
	}
}

func labelsOf(labels string) *Labels {
	var c labelCollector
	for i, label := range strings.Fields(labels) {
		c.collect(label, i, new(input.Quota))
	}
	return c.labels(func(i int) string { return fmt.Sprint("place ", i) })
}

func TestLabelsThatLookLikeARegression(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,label\n")
	for i := range 30 {
		fmt.Fprintf(&b, "1,%d.5\n", i)
	}
	_, err := Load("csv", func() Options { o := csvOptions(t, b.String(), ""); o.Label = "label"; return o }())
	checkError(t, err, "30 different numbers", "0.5", "line 2", "is this a regression?")
}

// TestWideTable reads 100,000 columns, which took minutes when each name was compared with all
// names before it. It counts how often names are looked up: once for each column, and once for each
// chosen column.
func TestWideTable(t *testing.T) {
	const n = 100_000
	names, values := make([]string, n), slices.Repeat([]string{"1"}, n)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	table, err := tableOf(t, strings.Join(names, ",")+",label\n"+strings.Join(values, ",")+",0\n", TableOptions{})
	if err != nil || !slices.Equal(table.Features, names) {
		t.Fatal(err)
	}

	for _, c := range []struct {
		list string
		most int
	}{{"", n + 2}, {strings.Join(names, ","), 2*n + 2}, {"-" + strings.Join(names[:n-1], ",-"), 3*n + 2}} {
		header := newColumns(append(slices.Clone(names), "label"))
		if _, err := rolesOf(header, TableOptions{Columns: c.list}); err != nil {
			t.Fatal(err)
		}
		if header.looked < len(strings.Split(c.list, ",")) || header.looked > c.most {
			t.Errorf("%d columns looked up %d times, want at most %d", n, header.looked, c.most)
		}
	}
}

func TestFilesAreLookedForInThreePlaces(t *testing.T) {
	o := csvOptions(t, flowers, "")
	o.Train = "other.csv"
	o.Beside = t.TempDir()
	_, err := Load("csv", o)
	checkError(t, err, "data.train", filepath.Join(o.Path, "other.csv"), filepath.Join(o.Beside, "other.csv"), "nor other.csv")
	writeFile(t, o.Beside, "other.csv", []byte(flowers))
	if d := load(t, "csv", o); !slices.Equal(d.ClassNames, []string{"setosa", "versicolor", "virginica"}) {
		t.Errorf("classes %q", d.ClassNames)
	}
}

// TestLabelsBeyondFloats checks that whole numbers that are the same float stay different labels.
// Among numbers, a label that is not a finite number is an error; it would put 10 before 2.
func TestLabelsBeyondFloats(t *testing.T) {
	rows := func(labels ...string) string { return "a,label\n1," + strings.Join(labels, "\n2,") + "\n" }
	table, err := tableOf(t, rows("9007199254740993", "+9007199254740992", "1e0"), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}

	want := []string{"1", "9007199254740992", "9007199254740993"}
	if !slices.Equal(table.Labels.Names, want) {
		t.Errorf("labels %q, want %q", table.Labels.Names, want)
	}

	for _, stray := range []string{"nan", "NaN", "-inf", "1e400"} {
		table, err := tableOf(t, rows("2", "10", stray), TableOptions{})
		if err != nil {
			t.Fatal(err)
		}

		checkError(t, table.Labels.checkClasses(), "line 4", stray, "not a finite number")
		_, _, err = table.Labels.Numbers(3, nil)
		checkError(t, err, "line 4", stray, "not a finite number")
	}

	words, err := tableOf(t, rows("nan", "pita"), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}

	err = words.Labels.checkClasses()
	if err != nil {
		t.Errorf("a bread is refused: %v", err)
	}
}

// endless is a reader that repeats a text forever and counts its bytes.
type endless struct {
	text, block string
	read        int
}

func (e *endless) Read(b []byte) (int, error) {
	const room = 1 << 12
	if e.block == "" {
		e.block = strings.Repeat(e.text, room)
	}
	n := copy(b, e.block[e.read%len(e.text):])
	e.read += n
	return n, nil
}

// TestRowsWithoutEnd reads headers that never end and a cell that never ends.
func TestRowsWithoutEnd(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
	}{{"a,", 3 << 20}, {"a;", 3 << 20}, {"\x00", 33 << 20}, {`"",`, 5 << 20}} {
		r := &endless{text: c.text}
		_, err := parseCSV(r, TableOptions{})
		if err == nil || !strings.Contains(err.Error(), "exceeds the limit of") {
			t.Errorf("%q: error %v", c.text, err)
		}
		if r.read > c.most {
			t.Errorf("%q: %d bytes were read", c.text, r.read)
		}
	}
}

// TestInputsAreCheckedBeforePoints reads the headers of tables for a model with a different number
// of inputs.
func TestInputsAreCheckedBeforePoints(t *testing.T) {
	r := &endless{text: "1,2\n"}
	_, err := parseCSV(io.MultiReader(strings.NewReader("a,b\n"), r), TableOptions{Inputs: 3, Labels: DropLabels})
	if err == nil || !strings.Contains(err.Error(), "2 features (\"a\", \"b\"), but the model takes 3 inputs") {
		t.Errorf("error %v", err)
	}
	if r.read > 1<<17 {
		t.Errorf("%d bytes of points were read", r.read)
	}
}
