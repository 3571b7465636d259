package main

import (
	"path/filepath"
	"testing"
)

// FuzzReportSweep parses arbitrary text as --sweep of a report. It gives an error or a sweep whose
// name is a valid file name in the folder of pictures.
func FuzzReportSweep(f *testing.F) {
	f.Add("lower_bound,hidden,label_noise,panels")
	f.Add("test_loss@500,lr,hidden,map")
	f.Add("singular_drift[layer=*],epoch,batch_size")
	f.Add("../x[/],/@-1")

	f.Fuzz(func(t *testing.T, text string) {
		sweeps, err := parseSweeps([]string{text})
		if err != nil {
			return
		}
		if name := sweeps[0].Name(); name == "" || name != filepath.Base(name) {
			t.Errorf("%q is drawn into %q", text, name)
		}
	})
}
