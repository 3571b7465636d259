package report

import (
	"strings"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// Shares keep two digits and are written without an exponent.
func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0 %", 5e-5: "0.005 %", 0.0123: "1.2 %", 0.5: "50 %", 0.994: "99 %", 0.996: "100 %", 1: "100 %", 12.5: "1250 %",
	} {
		if got := Percent(share); got != want {
			t.Errorf("%g: %q, want %q", share, got, want)
		}
	}
}

// A bound whose optimum is unknown says so instead of giving a share.
func TestHowNearTheOptimum(t *testing.T) {
	for gap, want := range map[float64]string{5e-5: "at most 0.005 % lower", 1: "not how close it is"} {
		v := series.Float(gap)
		how := Method{About: "LipSDP-Neuron at its optimum", Gap: &v}.How(false)
		if !strings.Contains(how, want) || strings.Contains(how, "e+") {
			t.Errorf("%g: %q", gap, how)
		}
	}
}
