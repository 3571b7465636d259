package main

import (
	"path/filepath"
	"testing"
)

// FuzzReportSweep reads any text as --sweep of a report: an error, or a sweep whose name is that of
// a file in the folder of pictures.
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
