package trainer

import (
	"math"
	"math/big"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network/losses"
)

// All digests and bit patterns in this file come from PyTorch 1.13 with ATEN_CPU_CAPABILITY=avx2.

// torchColumnSums holds the sums of the columns of rows×cols numbers torch.rand − ½ after
// manual_seed(rows·cols).
var torchColumnSums = []struct {
	rows, cols int
	digest     string
}{
	{1, 1, "78d7c5ec16a9149d422051af1b2388ae08b94a8a1ce62c8a969860c87a0dc7b8"},
	{3, 5, "809deed3c1a6fffe091957c8b63e246a2fd804d5297186ce18a74b10a036c54b"},
	{4, 10, "812870b21cb288e4c8a2418b377c58f082d46da9b072a326ee3e7ab3cc541159"},
	{7, 10, "70baff25eb72547986d199af53102c51c968b82c66b7b9583a1ef687c78f7da8"},
	{16, 32, "4295e69363f26d3b82d94ba2c5359a96a1d25ee12add0f8eca4377124d3e8dc2"},
	{31, 33, "0ec494c9cdc3bc3cb0815d0651084338e2e969f94f123c20855580e29b80396e"},
	{64, 64, "55c2a2b753f011d69f4bcb09295b044d20232390390b8153080cdef6fd668961"},
	{416, 10, "36ffd489dc0e96292c860a255cfac8feed7fd55a1905cc4e72d98d199895c7c9"},
	{512, 10, "802cb1a7e203db13f99c3a028750244c118d64090686e9990007e9eb6352bf7f"},
	{512, 100, "7c024dd6f3b6970f48cdce7af1d911eb89b98a3276d3dbad56063478e23d901d"},
	{1000, 45, "c5e468d93d0df809c716b7a24378ea18efddab27a8cf7b012b2e5649764c049c"},
	{4096, 7, "575a5a7eff804a4073c97ef4b8945d52cddfe497ba884d4127d67c706d6d7358"},
	{5000, 64, "c5ecaa625213325f3f6a21d5c14e96262fc44dba9f118c61390842c8cc099c0c"},
	{70000, 3, "c289a658c795adbdc1731d5a80b38aed1622f88c887aec9063f568903a175966"},
}

func TestColumnSumsAreTorchSum(t *testing.T) {
	got := make([]float32, 3)
	columnSums(got, torchRand(rng.NewTorch(9), 18), 6, 3)
	if want := [3]float32{-0.2729514241218567, 0.8505686521530151, 0.22067773342132568}; [3]float32(got) != want {
		t.Errorf("6×3: %v, want %v", got, want)
	}
	for _, test := range torchColumnSums {
		sums := make([]float32, test.cols)
		columnSums(sums, torchRand(rng.NewTorch(uint64(test.rows*test.cols)), test.rows*test.cols), test.rows, test.cols)
		if got := digest(t, sums); got != test.digest {
			t.Errorf("%d×%d: digest %s, want %s", test.rows, test.cols, got, test.digest)
		}
	}
}

func TestSumsAreAccurate(t *testing.T) {
	for _, test := range torchColumnSums {
		a := torchRand(rng.NewTorch(1), test.rows*test.cols)
		// No partial sum has more than a few dozen terms of up to ½ at each of four levels.
		testColumnSums(t, a, test.rows, test.cols, 1e-6*math.Sqrt(float64(test.rows)))
		testColumnSums(t, toFloat64(a), test.rows, test.cols, 1e-14*math.Sqrt(float64(test.rows)))
	}
}

func testColumnSums[T linalg.Float](t *testing.T, a []T, rows, cols int, tolerance float64) {
	t.Helper()
	got := make([]T, cols)
	columnSums(got, a, rows, cols)

	for j := range cols {
		var want big.Float
		column := make([]T, rows)
		for i := range rows {
			column[i] = a[i*cols+j]
			want.Add(&want, big.NewFloat(float64(column[i])))
		}

		exact, _ := want.Float64()
		if d := math.Abs(float64(got[j]) - exact); !(d <= tolerance) {
			t.Errorf("%T, %d×%d: column %d is off by %g, allowed %g", a, rows, cols, j, d, tolerance)
		}
		if rows <= 100 {
			if d := math.Abs(float64(vec.Sum(column)) - exact); !(d <= tolerance) {
				t.Errorf("%T: sum of %d is off by %g, allowed %g", a, rows, d, tolerance)
			}
		}
	}
}

// Log-probabilities by torch.nn.functional.log_softmax and the gradients of the summed loss
// divided by six, of six rows 20·(torch.rand − ½) with labels 0, 1, …, 5 modulo k: exponential,
// sum and roundings together.
func TestCrossEntropyIsTorchs(t *testing.T) {
	for _, test := range []struct {
		k                       int
		logProbabilities, grads string
	}{
		{2, "2d624f19ad37ba732e77ae50709f489ef888519e14b39b39ffadda41613e3e68", "ac23a5e04df806163316a5789e0415bb53f096a504830079f83ff49da8dc2bae"},
		{3, "e1eb148aaea1a381011af5db964d4af4b1aaedf6806d0618c38269addd9d04fb", "89671be6cd0015170ba6eaef820dc5a4f01821a925cc6b2ec17b139a298f388f"},
		{7, "a60221c0563bdcb2a88014d5f3918ee2e4e5089b520ee0780ff370c5acecc465", "0c942013ddff0cd992cb9a225730b48c2f14985cba1dfb4bcdb6a2a8ed07db0b"},
		{8, "32c3fc46d0b56d3a938b49855d762b46ea32c92615331d0b6e0f8e874baf18cb", "cd3c6067a0be1c5baebef7e3d2445662a996d37f0c3feb86efe728c8a44d6a05"},
		{10, "d6ff5070f86d465c3d4a8c4d3a1cca17ae41c57a067f889381cdcea24535fb97", "37209440866e0902ef40870328cd3c07ceb533a5a0bc3d4adeadf8b804001770"},
		{15, "bc1641be0e05b8f14852983d24e93902b0fea9eebd042dac408617082b9c6fd4", "dd027955ddaafd44646f1a89da81e0f267cd8a2a6919b98a98612cf9129b409f"},
		{16, "30834289d68224735ef33faf7473c26b908bfa0633381004d656ce5577829a45", "336cb74f9a17bbfaedc564a48bc8cea352897b00ba7241a73dce57e7bdda08ee"},
		{19, "ba6a0ab520e3ebbf0c5c240dbb61c60dd5dfa47e26094648a80220fde9a1f792", "4894872bafa7fbadfceefacb5cb60d87aac19a6089b3bf8e684d5e2fe0aa8286"},
		{32, "020e1ce46b9eee58d438967825aa41ad492ce56564490a8beba7d7f203b865fa", "5324aa35dd9952bc36aee1c52d984684655a780d612f30ad1e70b75e07ca1205"},
		{100, "f43ba478123bb86c880e8b9921efe5620ca48e6db9dffa84b1d02f5d314aa303", "6aecba9a494ef5cbd9fd688471f87da8e5fa88e1d7645c9363388f39d0ed5081"},
	} {
		const rows = 6
		z := torchRand(rng.NewTorch(uint64(test.k)), rows*test.k)
		target := make([]float32, len(z))

		for i := range z {
			z[i] *= 20
			if i%test.k == i/test.k%test.k {
				target[i] = 1
			}
		}

		if got := digest(t, logProbabilities(z, test.k)); got != test.logProbabilities {
			t.Errorf("%d classes: digest of log-probabilities %s, want %s", test.k, got, test.logProbabilities)
		}
		grad := make([]float32, len(z))
		losses.Sum(losses.Objective{Loss: losses.CrossEntropy}, z, target, grad, test.k, 1./rows)
		if got := digest(t, grad); got != test.grads {
			t.Errorf("%d classes: digest of gradients %s, want %s", test.k, got, test.grads)
		}
	}
}

// logProbabilities returns minus the loss of each row with each label.
func logProbabilities(z []float32, k int) []float32 {
	logP := make([]float32, len(z))
	for i := range z {
		label := make([]float32, k)
		label[i%k] = 1
		logP[i] = -float32(losses.Sum(losses.Objective{Loss: losses.CrossEntropy}, z[i/k*k:][:k], label, nil, k, 1))
	}
	return logP
}
