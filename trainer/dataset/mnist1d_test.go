package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

const (
	// frozenTolerance is the largest allowed difference from the published file; the actual
	// difference is at most 2.3e-14.
	frozenTolerance = 1e-12
	// projectionTolerance is the tolerance for a weighted sum of all 200,000 published features,
	// each within frozenTolerance/40.
	projectionTolerance = 1e-10
)

// The digests and sums were computed from the published mnist1d_data.pkl, training points first. No
// feature in it is within 1.9e-11 of the middle between two multiples of 1e-5, so the digest of the
// rounded features checks all features to 1e-5. The projection and the 16 rows check them to 1e-12.
func TestMNIST1DIsThePublishedDataSet(t *testing.T) {
	d := mnist1d(t, DefaultMNIST1D())
	if d.Train.Len() != 4000 || d.Test.Len() != 1000 || d.Train.Dim() != 40 || d.Test.Dim() != 40 || d.Classes != 10 {
		t.Fatalf("%d×%d training and %d×%d test points in %d classes",
			d.Train.Len(), d.Train.Dim(), d.Test.Len(), d.Test.Dim(), d.Classes)
	}

	const labels = "4f5f4160c519e3c47f9d3e196c161336fcd32126a9efffe4153d6e7c8b73f963"
	if got := labelDigest(slices.Concat(d.Train.Labels, d.Test.Labels)); got != labels {
		t.Errorf("digest of the labels is %s, want %s", got, labels)
	}
	const features = "57f841354e9abf5209aa63bd3e39d8a65bce0e6321873d8cdde1d0bc8d285f68"
	rounded, projection := sha256.New(), 0.0
	for i, v := range slices.Concat(d.Train.X.RawMatrix().Data, d.Test.X.RawMatrix().Data) {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], uint32(int32(math.Floor(v*1e5+0.5))))
		rounded.Write(b[:])
		projection += math.Cos(float64(i)) * v
	}

	if got := hex.EncodeToString(rounded.Sum(nil)); got != features {
		t.Errorf("digest of the features is %s, want %s", got, features)
	}
	if want := 445.7184519659724; !(math.Abs(projection-want) <= projectionTolerance) {
		t.Errorf("projection of the features is %.17g, want %.17g", projection, want)
	}
	checkRows(t, d, "testdata/mnist1d_rows.csv")
}

// The rows were computed by a NumPy and SciPy program that reproduces the reference and the
// published file exactly.
func TestMNIST1DWithEveryParameterChanged(t *testing.T) {
	d := mnist1d(t, MNIST1DConfig{
		Samples: 30, TrainSplit: 0.6, TemplateLength: 15, Padding: [2]int{10, 25}, ScaleCoefficient: 0.9,
		MaxTranslation: 40, CorrelatedNoise: 0.5, IIDNoise: 0.1, Shear: 1.5, ShuffleSequence: true, FinalLength: 17, Seed: 7,
	})
	if d.Train.Len() != 18 || d.Test.Len() != 12 {
		t.Fatalf("%d training and %d test points, want 18 and 12", d.Train.Len(), d.Test.Len())
	}
	if n := checkRows(t, d, "testdata/mnist1d_variant.csv"); n != 30 {
		t.Errorf("compared %d rows, want 30", n)
	}
}

// Without any distortion, a signal is its template, up to the standardisation of all signals.
func TestMNIST1DUndistortedIsTheTemplates(t *testing.T) {
	d := mnist1d(t, MNIST1DConfig{Samples: 20, TrainSplit: 0.5, TemplateLength: 12, MaxTranslation: 1, FinalLength: 12})
	var templates []float64
	for _, t := range mnist1dTemplates() {
		templates = append(templates, t...)
	}
	standardise(templates)
	for i, label := range d.Train.Labels {
		checkNear(t, "template", d.Train.X.RawRowView(i), templates[12*label:12*(label+1)], frozenTolerance)
	}
}

func TestMNIST1DConfigValidate(t *testing.T) {
	for key, change := range map[string]func(*MNIST1DConfig){
		"data.mnist1d.samples":          func(c *MNIST1DConfig) { c.Samples = 5001 },
		"TrainSplit":                    func(c *MNIST1DConfig) { c.TrainSplit = 1 },
		"TemplateLength":                func(c *MNIST1DConfig) { c.TemplateLength = 1 },
		"Padding":                       func(c *MNIST1DConfig) { c.Padding = [2]int{61, 60} },
		"data.mnist1d.scale":            func(c *MNIST1DConfig) { c.ScaleCoefficient = math.NaN() },
		"data.mnist1d.max_translation":  func(c *MNIST1DConfig) { c.MaxTranslation = 73 },
		"data.mnist1d.correlated_noise": func(c *MNIST1DConfig) { c.CorrelatedNoise = -1 },
		"data.mnist1d.iid_noise":        func(c *MNIST1DConfig) { c.IIDNoise = math.Inf(1) },
		"data.mnist1d.shear":            func(c *MNIST1DConfig) { c.Shear = -0.1 },
		"FinalLength":                   func(c *MNIST1DConfig) { c.FinalLength = 1 << 20 },
	} {
		c := DefaultMNIST1D()
		change(&c)
		checkError(t, c.checkRanges(), key+": ")
		if _, err := MNIST1D(c); err == nil {
			t.Errorf("generated with a bad %s", key)
		}
	}

	all := MNIST1DConfig{Shear: -1, FinalLength: -1}
	checkError(t, all.checkRanges(), "samples", "TrainSplit", "TemplateLength", "max_translation", "shear", "FinalLength")
	if err := DefaultMNIST1D().checkRanges(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}

func mnist1d(t *testing.T, c MNIST1DConfig) *Dataset {
	t.Helper()
	d, err := MNIST1D(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func labelDigest(labels []int) string {
	b := make([]byte, len(labels))
	for i, l := range labels {
		b[i] = byte(l)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// checkRows compares d with the lines of a fixture: index among training and then test
// points, label, features. It returns their number.
func checkRows(t *testing.T, d *Dataset, file string) int {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		numbers := make([]float64, len(record))
		for i, field := range record {
			if numbers[i], err = strconv.ParseFloat(field, 64); err != nil {
				t.Fatal(err)
			}
		}

		i, s := int(numbers[0]), d.Train
		if i >= d.Train.Len() {
			i, s = i-d.Train.Len(), d.Test
		}
		if s.Labels[i] != int(numbers[1]) {
			t.Errorf("point %s has label %d, want %s", record[0], s.Labels[i], record[1])
		}
		checkNear(t, "point "+record[0], s.X.RawRowView(i), numbers[2:], frozenTolerance)
	}

	return len(records)
}
