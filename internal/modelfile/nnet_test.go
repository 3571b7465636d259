package modelfile

import (
	"strings"
	"testing"
)

// tinyNNET is a 2-2-1 network with a normalisation.
const tinyNNET = `// A comment
// and another
2,2,1,2,
2,2,1,
0,
-5.0,-6.0,
5.0,6.0,
1.0,-2.0,10.0,
2.0,4.0,3.0,
1,2,
3,4,
5,
-6e0,
7,-8,
9,
`

func TestNNET(t *testing.T) {
	net, info := read(t, "nnet", []byte(tinyNNET), Options{})
	checkWeights(t, net, [][]float64{{1, 2, 3, 4}, {7, -8}}, [][]float64{{5, -6}, {9}})
	if a, b := net.Layers[0].Activation.String(), net.Layers[1].Activation.String(); a != "relu" || b != "identity" {
		t.Errorf("activations %s and %s", a, b)
	}
	n := info.Normalization
	if n == nil {
		t.Fatal("no normalisation")
	}
	checkNear(t, n.InputMin, []float64{-5, -6}, 0)
	checkNear(t, n.InputMax, []float64{5, 6}, 0)
	checkNear(t, n.InputMean, []float64{1, -2}, 0)
	checkNear(t, n.InputRange, []float64{2, 4}, 0)
	checkNear(t, []float64{n.OutputMean, n.OutputRange}, []float64{10, 3}, 0)
	checkNotes(t, info, "normalised by the means")
}

// For x = (5, 2), normalised to (2, 1), the hidden layer is (1·2+2·1+5, 3·2+4·1−6) = (9, 4) and the
// output 7·9−8·4+9 = 40, which is 40·3+10 = 130 in raw units.
func TestNNETDenormalized(t *testing.T) {
	net, info := read(t, "nnet", []byte(tinyNNET), Options{Denormalize: true})
	evaluations{[][]float64{{5, 2}}, [][]float64{{130}}}.check(t, net)
	if info.Normalization != nil {
		t.Error("a normalisation that is folded in")
	}
	checkNotes(t, info, "folded in")
}

// Files without a normalisation have ranges of 0. The content follows the single-layer network in
// uwaa-ndcl/local_lipschitz.
func TestNNETWithoutNormalization(t *testing.T) {
	content := "//\r\n1,3,3,3,\r\n3,3,\r\n0,\r\n0,0,0,\r\n1,1,1,\r\n0,0,0,0,\r\n0,0,0,0,\r\n3,-1,2\r\n-2,7,1\r\n5,-3,-1\r\n3\r\n4\r\n2\r\n"
	for _, o := range []Options{{}, {Denormalize: true}} {
		net, info := read(t, "nnet", []byte(content), o)
		checkWeights(t, net, [][]float64{{3, -1, 2, -2, 7, 1, 5, -3, -1}}, [][]float64{{3, 4, 2}})
		if info.Normalization != nil {
			t.Error("a normalisation")
		}
		checkNotes(t, info, "no normalisation")
	}
}

// The files of the ACAS Xu networks that came with Reluplex list two quantities that are not
// inputs.
func TestNNETOfTheFirstGeneration(t *testing.T) {
	content := tinyNNET
	for _, c := range [][2]string{
		{"-5.0,-6.0,", "-5.0,-6.0,0,-3,"}, {"5.0,6.0,", "5.0,6.0,100,3,"},
		{"1.0,-2.0,10.0,", "1.0,-2.0,35,0,10.0,"}, {"2.0,4.0,3.0,", "2.0,4.0,100,6,3.0,"},
	} {
		content = strings.Replace(content, "\n"+c[0]+"\n", "\n"+c[1]+"\n", 1)
	}
	net, _ := read(t, "nnet", []byte(content), Options{Denormalize: true})
	evaluations{[][]float64{{5, 2}}, [][]float64{{130}}}.check(t, net)
}

func TestNNETErrors(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		words          []string
	}{
		{"truncated in the header", tinyNNET[20:], "", []string{"ends before"}},
		{"truncated in the weights", "7,-8,\n9,\n", "", []string{"ends before weights of layer 2"}},
		{"truncated in the biases", "\n9,\n", "\n", []string{"ends before biases of layer 2"}},
		{"more than promised", "\n9,\n", "\n9,\n1,\n", []string{"line 16", "more lines than the layer sizes promise"}},
		{"short row", "3,4,", "3,", []string{"line 11", "weights of layer 1", "1 numbers, want 2"}},
		{"long row", "3,4,", "3,4,5,", []string{"line 11", "3 numbers, want 2"}},
		{"short means", "1.0,-2.0,10.0,", "1.0,-2.0,", []string{"line 8", "means"}},
		{"not a number", "3,4,", "3,four,", []string{"line 11", `"four"`}},
		{"infinite", "3,4,", "3,inf,", []string{`weights of layer 1: "inf" is not a finite number`}},
		{"NaN bias", "-6e0", "NaN", []string{`biases of layer 1: "NaN" is not a finite number`}},
		{"sizes at odds", "2,2,1,2,", "2,2,2,2,", []string{"line 4", "layer sizes [2 2 1]"}},
		{"wrong number of layers", "2,2,1,2,", "3,2,1,2,", []string{"line 4"}},
		{"half a neuron", "\n2,2,1,\n", "\n2,1.5,1,\n", []string{"line 4", "1.5"}},
		{"huge layer", "\n2,2,1,\n", "\n2,1e300,1,\n", []string{"line 4", "1e+300"}},
		{"large layer that is not there", "\n2,2,1,\n", "\n2,2000000000,1,\n", []string{"weights of layer 1"}},
		{"one range of 0", "2.0,4.0,3.0,", "2.0,0,3.0,", []string{"line 9", "one of them is 0"}},
		{"infinite mean", "1.0,-2.0,10.0,", "1.0,inf,10.0,", []string{`means: "inf" is not a finite number`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := formatNamed("nnet").loadContent([]byte(strings.Replace(tinyNNET, c.old, c.new, 1)), Options{})
			checkError(t, err, append(c.words, "reading nnet")...)
		})
	}

	_, _, err := formatNamed("nnet").loadContent([]byte(strings.Replace(tinyNNET, "2.0,4.0,3.0,", "5e-324,4.0,3.0,", 1)), Options{Denormalize: true})
	checkError(t, err, "layer 1", "infinite")
}
