package dataset

import (
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/settings"
)

func TestSourcesAreNamedAndTakeOptionsThatExist(t *testing.T) {
	var keys []string
	var set settings.Set
	new(Config).Settings(&set)

	for _, row := range set.All() {
		field, _, _ := strings.Cut(strings.TrimPrefix(row.Key, "data."), ".")
		if row.Decider != "" || field == "seed" {
			keys = append(keys, field)
		}
	}

	used := map[string]bool{}
	seen := map[string]bool{}
	for _, s := range Sources {
		if s.Name == "" || s.About == "" || s.Load == nil || seen[s.Name] {
			t.Errorf("incomplete or repeated: %+v", s)
		}
		seen[s.Name] = true
		for _, key := range s.Options {
			used[key] = true
			if !slices.Contains(keys, key) {
				t.Errorf("%s takes %q, which is not an option", s.Name, key)
			}
		}
	}

	for _, key := range keys {
		if !used[key] && key != "-" {
			t.Errorf("nothing takes the option %q", key)
		}
	}
}

// Every source loads with its defaults or names the missing file, and the data set is as described.
func TestEverySourceLoadsOrNamesWhatItNeeds(t *testing.T) {
	for _, s := range Sources {
		o := DefaultOptions()
		if slices.Contains(s.Options, "path") {
			o.Path = t.TempDir()
		}
		if slices.Contains(s.Options, "train") {
			o.Train = "own.file"
		}
		d, err := Load(s.Name, o)
		if slices.Contains(s.Options, "path") {
			checkError(t, err, s.Name, o.Path)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}

		for _, split := range []Split{d.Train, d.Test} {
			if split.Len() == 0 || split.X.RawMatrix().Rows != split.Len() {
				t.Errorf("%s: %d labels", s.Name, split.Len())
			}
			if slices.Min(split.Labels) < 0 || slices.Max(split.Labels) >= d.Classes {
				t.Errorf("%s: labels outside of %d classes", s.Name, d.Classes)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		keys   []string // expected in the errors
	}{
		{"mnist1d", func(o *Options) { o.MNIST1D.Samples = 100 }, nil},
		{"csv", func(o *Options) { o.Train, o.Label, o.Seed = "a.csv", "y", 1 }, nil},
		{"mnst", func(*Options) {}, []string{"name"}},
		{"csv", func(*Options) {}, []string{"train"}},
		{"mnist", func(o *Options) { o.Greyscale, o.Resize = true, 7 }, []string{"greyscale"}},
		{"cifar10", func(o *Options) { o.Superclasses = true }, []string{"superclasses"}},
		{"mnist1d", func(o *Options) { o.Path = "elsewhere"; o.MNIST1D.Shear = -1 }, []string{"mnist1d.shear", "path"}},
		{"csv", func(o *Options) { o.Train, o.Label = "a.csv", "" }, []string{"label"}},
		{"gaussian_mixture", func(o *Options) { o.Synthetic.Classes = 0 }, []string{"synthetic.classes"}},
		{"gaussian_mixture", func(o *Options) { o.Synthetic.Train = 2 }, []string{"synthetic.train"}},
		{"cifar100", func(o *Options) { o.Resize = 2000; o.TestFraction = 1 }, []string{"resize", "test_fraction"}},
	} {
		o := DefaultOptions()
		c.change(&o)
		err := Config{Name: c.name, Options: o, Preparation: Preparation{Permute: true}}.Check()
		if got := errorKeys(t, err); !slices.Equal(got, c.keys) {
			t.Errorf("%s: errors for %q, want %q: %v", c.name, got, c.keys, err)
		}
		if len(c.keys) > 0 {
			if _, err := Load(c.name, o); err == nil {
				t.Errorf("%s: loaded in spite of %q", c.name, c.keys)
			}
		}
	}

	checkError(t, Config{Name: "mnst", Options: DefaultOptions()}.Check(), `"mnst"`, "mnist1d, mnist, fashion_mnist", "random_labels")
}

// errorKeys returns the keys of the parts of a joined error.
func errorKeys(t *testing.T, err error) []string {
	t.Helper()
	parts := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts = joined.Unwrap()
	}
	var keys []string
	for _, e := range parts {
		if e != nil {
			key, _, _ := strings.Cut(strings.TrimPrefix(e.Error(), "data."), ":")
			keys = append(keys, key)
		}
	}

	return keys
}
