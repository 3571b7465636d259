package plots

import (
	"bytes"
	"math"
	"testing"

	"liptrack/tracker/series"
)

func runPage(t *testing.T, table *series.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Run(&b, table); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func setPage(t *testing.T, title string, tables []*series.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Compare(&b, title, tables); err != nil {
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
