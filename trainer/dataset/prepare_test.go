package dataset

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// numbered returns a data set in which point i has the features 2i and 2i+1 and the label i.
func numbered() *Dataset {
	split := func(n int) Split {
		s := Split{X: mat.NewDense(n, 2, nil), Labels: upTo(n)}
		for i := range 2 * n {
			s.X.RawMatrix().Data[i] = float64(i)
		}
		return s
	}
	return &Dataset{Name: "numbered", Classes: 12, Train: split(12), Test: split(12)}
}

// The expected orders, labels and noise come from NumPy 1.24, by the steps of the paper's program.
func TestPreparationDrawsAsThePaper(t *testing.T) {
	order := []int{10, 9, 0, 8, 5, 2, 1, 11, 4, 7, 3, 6}
	for _, c := range []struct {
		name        string
		p           Preparation
		train, test []int // the expected points, by their first feature
		labels      []int
	}{
		{"all", Preparation{Permute: true, Seed: 42}, order, order, order},
		{"another seed", Preparation{Permute: true, Seed: 7, TestSize: 2},
			[]int{7, 10, 2, 5, 0, 1, 11, 8, 3, 6, 9, 4}, []int{7, 10}, []int{7, 10, 2, 5, 0, 1, 11, 8, 3, 6, 9, 4}},
		{"subsets", Preparation{Permute: true, Seed: 42, TrainSize: 7, TestSize: 3}, order[:7], order[:3], order[:7]},
		{"subset, label noise", Preparation{Permute: true, Seed: 42, TrainSize: 7, LabelNoise: 0.6},
			order[:7], order, []int{9, 10, 2, 8, 5, 0, 1}},
		{"all labels exchanged", Preparation{Permute: true, Seed: 42, LabelNoise: 1},
			order, order, []int{4, 6, 2, 1, 11, 0, 8, 5, 10, 3, 7, 9}},
		{"file order", Preparation{Seed: 42, TrainSize: 3, TestSize: 2}, []int{0, 1, 2}, []int{0, 1}, []int{0, 1, 2}},
		{"file order, label noise", Preparation{Seed: 42, TrainSize: 10, LabelNoise: 0.6}, upTo(10), upTo(12),
			[]int{5, 8, 7, 3, 4, 0, 6, 2, 1, 9}},
		{"nothing", Preparation{}, upTo(12), upTo(12), upTo(12)},
	} {
		d := prepare(t, c.p, numbered())
		checkSplit(t, c.name+": train", d.Train, points(c.train), c.labels)
		checkSplit(t, c.name+": test", d.Test, points(c.test), c.test)
	}
}

// points returns the features of numbered at the given indices.
func points(indices []int) [][]float64 {
	p := make([][]float64, len(indices))
	for row, i := range indices {
		p[row] = []float64{float64(2 * i), float64(2*i + 1)}
	}
	return p
}

// Feature noise is drawn before the subset, so it changes which points are kept.
func TestPreparationAddsNoiseBeforeItDraws(t *testing.T) {
	d := prepare(t, Preparation{Permute: true, Seed: 42, TrainSize: 7, FeatureNoise: 0.5, LabelNoise: 0.6}, numbered())
	if want := []int{7, 11, 0, 3, 1, 5, 9}; !slices.Equal(d.Train.Labels, want) {
		t.Errorf("training labels %v, want %v", d.Train.Labels, want)
	}
	// These are float32 numbers, so they must be equal.
	want := []float64{22.033763885498047, 22.287626266479492, 13.137540817260742, 14.718855857849121}
	if got := d.Train.X.RawMatrix().Data[:4]; !slices.Equal(got, want) {
		t.Errorf("features %v, want %v", got, want)
	}
	order := []int{10, 9, 0, 8, 5, 2, 1, 11, 4, 7, 3, 6}
	checkSplit(t, "the test points", d.Test, points(order), order)
}

// The digests are computed from the labels that the steps of the paper's program give for the
// published file; the features are the first features of the first point.
func TestPreparationOfMNIST1D(t *testing.T) {
	published := mnist1d(t, DefaultMNIST1D())
	for _, c := range []struct {
		size         int
		noise, alpha float64
		labels       string
		first        []float64
	}{
		{500, 0, 0.2, "a48469c69472edd6d8fa8aa043bbedb652c79b7c6cc10938d43a63b3f2c83e66",
			[]float64{-2.0888091239655138, -2.0472929447396564, -2.106254889751474}},
		{0, 0, 0, "6d63e5b3d9e0e40196863763cda33a71da6fa34f8036d747fa8f36f5d9b5211c",
			[]float64{-2.0888091239655138, -2.0472929447396564, -2.106254889751474}},
		{500, 0.1, 0.55, "ccaf2c5a084f7071183f918f0c384b9b26b8902c2a982a43eda5cc14687ca2d7",
			[]float64{1.5659713745117188, 0.8708335757255554, -0.45524919033050537}},
		{4000, 0, 1, "2d6a6e1f8563df47977cfe73c99e47dc070084640b28de8efc95a7344c3f8bf4",
			[]float64{-2.0888091239655138, -2.0472929447396564, -2.106254889751474}},
	} {
		p := Preparation{Permute: true, Seed: 42}
		p.TrainSize, p.FeatureNoise, p.LabelNoise, p.TestSize = c.size, c.noise, c.alpha, 100
		d := prepare(t, p, published)
		if got := labelDigest(d.Train.Labels); got != c.labels {
			t.Errorf("size %d, noise %v, alpha %v: digest of the training labels is %s, want %s", c.size, c.noise, c.alpha, got, c.labels)
		}
		checkNear(t, "training features", d.Train.X.RawRowView(0)[:3], c.first, frozenTolerance)
		const test = "44d372bc804d28691a1df44e45fc926482e3a3bfc55a193763e24fb45a2fcfc7"
		if got := labelDigest(d.Test.Labels); got != test {
			t.Errorf("digest of the test labels is %s, want %s", got, test)
		}
	}
}

func TestPreparationKeepsClassCountsAndNestsItsPairs(t *testing.T) {
	before := upTo(101)
	var changed []int // with the previous alpha
	for _, alpha := range []float64{0, 0.1, 0.25, 0.5, 0.9, 1} {
		labels := upTo(101)
		exchangeLabels(labels, alpha, 3)
		for _, i := range changed {
			if labels[i] == before[i] {
				t.Errorf("alpha %v leaves label %d, which a smaller one changed", alpha, i)
			}
		}

		changed = changed[:0]
		for i := range labels {
			if labels[i] != before[i] {
				changed = append(changed, i)
			}
		}

		if want := int(101*alpha) / 2 * 2; len(changed) != want {
			t.Errorf("alpha %v changes %d labels, want %d", alpha, len(changed), want)
		}
		slices.Sort(labels)
		if !slices.Equal(labels, before) {
			t.Errorf("alpha %v changes the class counts", alpha)
		}
	}
}

func TestPreparationLeavesTheOriginal(t *testing.T) {
	d := numbered()
	prepared := prepare(t, Preparation{FeatureNoise: 1, LabelNoise: 1}, d)
	prepared.Test.X.Set(0, 0, -1)
	checkSplit(t, "original training points", d.Train, points(upTo(12)), upTo(12))
	checkSplit(t, "original test points", d.Test, points(upTo(12)), upTo(12))
}

func TestPreparationErrors(t *testing.T) {
	for _, c := range []struct {
		p     Preparation
		words []string
	}{
		{Preparation{TrainSize: 13}, []string{"train_size: 13", "numbered has 12 training points"}},
		{Preparation{TestSize: 13}, []string{"test_size: 13", "numbered has 12 test points"}},
		{Preparation{TrainSize: -1, TestSize: -1}, []string{"train_size: got -1", "test_size: got -1"}},
		{Preparation{FeatureNoise: math.NaN(), LabelNoise: 1.5}, []string{"data.feature_noise: got .nan", "data.label_noise: got 1.5, want number from 0 to 1"}},
	} {
		_, err := c.p.Apply(numbered())
		checkError(t, err, c.words...)
	}
}

func TestRoundFloat32(t *testing.T) {
	d := numbered()
	d.Train.X.Set(0, 0, 0.1)
	d.Test.X.Set(11, 1, 1+1e-9)
	if err := d.RoundFloat32(); err != nil {
		t.Fatal(err)
	}
	if got := d.Train.X.At(0, 0); got != float64(float32(0.1)) {
		t.Errorf("0.1 became %v", got)
	}
	if got := d.Test.X.At(11, 1); got != 1 {
		t.Errorf("1 + 1e-9 became %v", got)
	}
	if err := (&Dataset{}).RoundFloat32(); err != nil { // an empty data set does not change
		t.Error(err)
	}
}

func prepare(t *testing.T, p Preparation, d *Dataset) *Dataset {
	t.Helper()
	prepared, err := p.Apply(d)
	if err != nil {
		t.Fatal(err)
	}
	return prepared
}
