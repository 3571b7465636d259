package claims

import (
	"bytes"
	"reflect"
	"testing"
)

// TestCompactEvidenceIsJudgedAlike writes all made-up evidence, reads it back, and judges it.
func TestCompactEvidenceIsJudgedAlike(t *testing.T) {
	for _, c := range All {
		for _, e := range []Evidence{examples[c.Number].agree, examples[c.Number].disagree} {
			small := Evidence{}
			for name, x := range e {
				var file bytes.Buffer
				if err := x.Compact(Full).Write(&file); err != nil {
					t.Fatal(err)
				}
				read, err := ReadExperiment(&file)
				if err != nil {
					t.Fatal(err)
				}
				small[name] = read
			}

			want, got := c.Judge(e), c.Judge(small)
			if got.Verdict != want.Verdict || got.Runs != want.Runs ||
				!reflect.DeepEqual(got.Deviations, want.Deviations) {
				t.Errorf("claim %d: %+v, of all evidence %+v", c.Number, got, want)
			}
		}
	}
}

func TestEvenly(t *testing.T) {
	for _, c := range []struct{ n, most int }{{5, 24}, {24, 24}, {25, 24}, {836, 200}, {1500, 24}} {
		got := evenly(c.n, c.most)
		if len(got) > c.most || got[0] != 0 || got[1] != 1 || got[len(got)-1] != c.n-1 {
			t.Errorf("%d of %d: %v", c.most, c.n, got)
		}
		for i := 1; i < len(got); i++ {
			if got[i] <= got[i-1] {
				t.Errorf("%d of %d: %v", c.most, c.n, got)
			}
		}
	}
}

// TestKeptResultsCanBeRead reads every file that ships with the program.
func TestKeptResultsCanBeRead(t *testing.T) {
	for _, budget := range Budgets {
		entries, err := kept.ReadDir("evidence/" + string(budget))
		if err != nil {
			continue // none yet
		}
		for _, entry := range entries {
			name, _, _ := bytes.Cut([]byte(entry.Name()), []byte(".jsonl.gz"))
			x, err := Kept(budget, string(name))
			if err != nil || len(x.Runs) == 0 {
				t.Errorf("%s, %s: %d runs, %v", budget, entry.Name(), len(x.Runs), err)
			}
		}
	}
}

func TestDamagedResultsAreRefused(t *testing.T) {
	if _, err := ReadExperiment(bytes.NewReader([]byte("nothing"))); err == nil {
		t.Error("no error for what is no file of results")
	}
}
