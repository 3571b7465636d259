package plots

import (
	"bytes"
	"math"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

func runPage(t *testing.T, table *series.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := RunPage(table).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func setPage(t *testing.T, title string, tables []*series.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := SetPage(title, entries(tables)).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drawnDigits is half a unit in the sixth significant digit, to which drawn numbers are rounded.
const drawnDigits = 5e-6

// near reports whether two numbers agree to a relative tolerance.
func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Abs(want)
}

// entries wraps runs that have no pages of their own.
func entries(tables []*series.Table) []Entry {
	var all []Entry
	for _, t := range tables {
		all = append(all, Entry{Table: t})
	}
	return all
}
