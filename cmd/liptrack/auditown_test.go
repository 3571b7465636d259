package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/network"
)

// convRun trains a small ConvBase and returns the folder of its checkpoints.
func convRun(t *testing.T, settings ...string) string {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "own.yaml")

	text := `name: own
data: {name: mnist1d, mnist1d: {samples: 150}}
model: {layers: ConvBase_2, hidden: []}
train: {optimizer: {name: adam, lr: 0.01}, batch_size: 100}
track: {metrics: [training, jacobian, upper_liplt]}
stop: {epochs: 2}
`

	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := liptrack(t, append([]string{"train", config, "--quiet", "--dir", dir}, settings...)...); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(runOf(t, filepath.Join(dir, "own"), "*-seed*"), "checkpoints")
}

// Auditing a run's checkpoint gives the same results as auditing the same network as ONNX.
func TestAuditOfOwnConvolutions(t *testing.T) {
	checkpoint := filepath.Join(convRun(t), "last.safetensors")
	net, _, err := experiments.LoadModel(checkpoint, modelfile.Options{})
	if err != nil {
		t.Fatal(err)
	}

	exported := filepath.Join(t.TempDir(), "own.onnx")
	if err := os.WriteFile(exported, convONNX(net), 0o600); err != nil {
		t.Fatal(err)
	}

	var reports []any
	for _, model := range []string{checkpoint, exported} {
		out, _, err := liptrack(t, "audit", model, "--data", "mnist1d", "--samples", "5", "--html", "none", "--json",
			"--thresholds", pump+"untrained.yaml", "--task", "regression")
		if err != nil {
			t.Fatal(err)
		}
		var r report.Report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		r.Origin, r.Model.File, r.Model.Format, r.Model.Notes = nil, "", "", nil
		for i := range r.Lipschitz.Methods {
			r.Lipschitz.Methods[i].Seconds, r.Lipschitz.Methods[i].Allocated = nil, nil
		}
		for i, name := range []string{"layers.0.weight", "layers.2.weight", "layers.4.weight", "layers.7.weight"} {
			if got := r.Layers[i].Name; got != name {
				t.Errorf("layer %d is %q, want %q", i+1, got, name)
			}
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, v)
	}
	sameJSON(t, "report", reports[0], reports[1])
}

// convONNX writes an ONNX file of convolutions with ReLU on signals of one channel, followed by a
// dense layer. The parameters are float32.
func convONNX(net *network.Network) []byte {
	var nodes, constants []byte
	current := "x"
	node := func(operator, out string, inputs []string, attributes ...[]byte) {
		var n []byte
		for _, in := range append([]string{current}, inputs...) {
			n = appendText(n, 1, in)
		}
		n = appendText(appendText(n, 2, out), 4, operator)
		for _, a := range attributes {
			n = appendMessage(n, 5, a)
		}
		nodes = appendMessage(nodes, 1, n)
		current = out
	}
	constant := func(name string, values []float64, shape ...int) {
		constants = appendMessage(constants, 5, floatTensor(name, values, shape...))
	}

	for i, l := range net.Layers {
		weight, bias := []string{"layers.0.weight", "layers.2.weight", "layers.4.weight", "layers.7.weight"}[i], "b"+string(rune('0'+i))
		c, is := l.Map.(network.Conv)
		if !is {
			node("Flatten", "flat", nil)
			constant(weight, l.Weight.RawMatrix().Data, l.Out(), l.In())
			constant(bias, l.Bias, l.Out())
			node("Gemm", "y", []string{weight, bias}, numberAttribute("transB", 1))
			continue
		}
		var biases []float64
		for o := range c.Shape.Outs {
			biases = append(biases, l.Bias[o*c.Shape.Places()])
		}
		constant(weight, c.Kernel, c.Shape.Outs, c.Shape.In.Channels, c.Shape.Size[1])
		constant(bias, biases, len(biases))
		node("Conv", "c"+bias, []string{weight, bias},
			numbersAttribute("strides", c.Shape.Stride[1]), numbersAttribute("pads", c.Shape.Pad[1], c.Shape.Pad[1]))
		node("Relu", "r"+bias, nil)
	}

	graph := append(nodes, constants...)
	graph = appendMessage(graph, 11, valueInfo("x", 1, 1, net.In()))
	graph = appendMessage(graph, 12, valueInfo("y", 1, net.Out()))

	model := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 8) // ir_version
	model = appendMessage(model, 7, graph)
	opset := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), 13)

	return appendMessage(model, 8, opset)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return appendMessage(b, field, []byte(text))
}

func appendNumber(b []byte, field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

// floatTensor returns a TensorProto of float32.
func floatTensor(name string, values []float64, shape ...int) []byte {
	var t []byte
	for _, n := range shape {
		t = appendNumber(t, 1, n)
	}
	t = appendText(appendNumber(t, 2, 1), 8, name)
	var raw []byte
	for _, v := range values {
		raw = protowire.AppendFixed32(raw, math.Float32bits(float32(v)))
	}
	return appendMessage(t, 9, raw)
}

func numberAttribute(name string, v int) []byte {
	return appendNumber(appendNumber(appendText(nil, 1, name), 3, v), 20, 2)
}

func numbersAttribute(name string, values ...int) []byte {
	a := appendText(nil, 1, name)
	for _, v := range values {
		a = appendNumber(a, 8, v)
	}
	return appendNumber(a, 20, 7)
}

// valueInfo returns a ValueInfoProto of float32.
func valueInfo(name string, shape ...int) []byte {
	var dims []byte
	for _, n := range shape {
		dims = appendMessage(dims, 1, appendNumber(nil, 1, n))
	}
	tensor := appendMessage(appendNumber(nil, 1, 1), 2, dims)
	return appendMessage(appendText(nil, 1, name), 2, appendMessage(nil, 1, tensor))
}

// Tracking the checkpoints of a liptrack run with other than dense layers gives the bounds that the
// run recorded.
func TestTrackOwnLayers(t *testing.T) {
	for _, layers := range []string{
		"ConvBase_2",
		"[{conv: 3}, {max_pool: {size: 3, stride: 2, padding: 1}}, {residual: [{conv: 3}, {residual: [{avg_pool: {size: 3, stride: 1, padding: 1}}, {conv: 3}]}], activation: gelu}, {dense: 7, bias: true}]",
	} {
		checkpoints := convRun(t, "model.layers="+layers)
		tracked := t.TempDir()
		_, _, err := liptrack(t, "track", checkpoints, "--data", "mnist1d", "data.mnist1d.samples=150", "--quiet",
			"track.metrics=[training, jacobian, upper_liplt]", "--dir", tracked)
		if err != nil {
			t.Fatal(err)
		}

		want := finalValues(t, filepath.Dir(checkpoints))
		got := finalValues(t, runOf(t, tracked, "*/*"))
		for _, metric := range []string{"train_accuracy", "lower_bound", "upper_liplt"} {
			// The run measures at points rounded to float32, on which it trains.
			if want[metric] == 0 || math.Abs(got[metric]/want[metric]-1) > 1e-7 {
				t.Errorf("%s: %s is %v, in the run itself %v", layers, metric, got[metric], want[metric])
			}
		}
	}
}

// The page of a run and the terminal show the shapes of the layers.
func TestShapesAreShown(t *testing.T) {
	run := filepath.Dir(convRun(t, "model.layers=ConvBase_2"))
	const want = "The network ConvBase_2, from points of 1×40 → conv 2×19 → conv 2×10 → conv 2×5 → dense 10"

	page, err := os.ReadFile(filepath.Join(run, "report.html"))
	if err != nil || !strings.Contains(string(page), want) {
		t.Errorf("the page (%v) lacks %q", err, want)
	}

	shown, _, err := liptrack(t, "show", run)
	if err != nil || !strings.Contains(strings.Join(strings.Fields(shown), " "), want) {
		t.Errorf("show (%v) lacks %q:\n%s", err, want, shown)
	}
}

// finalValues returns the unlabelled values of a run's series at epoch 2.
func finalValues(t *testing.T, folder string) map[string]float64 {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "series.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for line := range strings.Lines(string(content)) {
		var sample struct {
			Epoch         int
			Metric, Label string
			Value         any
		}
		if err := json.Unmarshal([]byte(line), &sample); err != nil {
			t.Fatal(err)
		}
		if v, is := sample.Value.(float64); is && sample.Epoch == 2 && sample.Label == "" {
			values[sample.Metric] = v
		}
	}

	return values
}

// A regression with other layers is audited from its checkpoint like one with dense layers.
func TestAuditOfOwnRegressionOfLayers(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "own.yaml")
	text := `name: own
data: {name: csv, train: docs/your-own/power.csv, task: regression, label: power, standardize: true}
model: {layers: [{dense: 4}, {residual: [{dense: 4}, {dense: 4}]}]}
train: {loss: mse, optimizer: {name: adam, lr: 0.01}}
stop: {epochs: 150}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := liptrack(t, "train", config, "--quiet", "--dir", dir); err != nil {
		t.Fatal(err)
	}

	checkpoint := filepath.Join(runOf(t, filepath.Join(dir, "own"), "*-seed*"), "checkpoints/last.safetensors")
	out, _, err := liptrack(t, "audit", checkpoint, "--data", "docs/your-own/power.csv", "--html", "none", "--json")
	if err != nil {
		t.Fatal(err)
	}

	var r report.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Model.Outputs != 1 || r.Data.R2 == nil || r.Data.Accuracy != nil {
		t.Fatalf("%d outputs, R² %v, accuracy %v", r.Model.Outputs, r.Data.R2, r.Data.Accuracy)
	}
	if least := *r.Data.R2; !(least > 0.9) {
		t.Errorf("R² is %v", least)
	}
}

// TestAuditOfForeignRegression names the target columns for a model file without them. The model
// predicts power = 2a + 3b + 1 and wear = a − b exactly.
func TestAuditOfForeignRegression(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"model.nnet": "1,2,2,2,\n2,2,\n0,\n-9,-9,\n9,9,\n0,0,0,\n1,1,1,\n2,3,\n1,-1,\n1,\n0,\n",
		"data.csv":   "a,power,b,wear\n1,3,0,1\n0,4,1,-1\n2,11,2,0\n-1,2,1,-2\n",
		"limits":     "output_change_possible of power: {fail: 0.51}\noutput_change_possible of wear: {fail: 0.19}\n",
		"accuracy":   "accuracy: {fail: 0.4}\n",
	} {
		err := os.WriteFile(name, []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}

	r2 := func(args ...string) (float64, string, error) {
		out, _, err := liptrack(t, append([]string{"audit", "model.nnet", "--data", "data.csv", "--html", "none", "-q", "--json"}, args...)...)
		var r report.Report
		if json.Unmarshal([]byte(out), &r) != nil || r.Data.R2 == nil {
			return math.NaN(), out, err
		}
		return float64(*r.Data.R2), out, err
	}

	if got, _, err := r2("--targets", "power,wear"); got != 1 || err != nil {
		t.Errorf("R² %v, error %v", got, err)
	}
	if got, _, err := r2("--targets", "wear,power"); got > 0 || err == nil {
		t.Errorf("in the wrong order R² is %v, error %v", got, err)
	}

	// Errors of ±0.1 in both features change the power by up to 0.5 and the wear by up to 0.2.
	_, out, err := r2("--targets", "power,wear", "--tolerance-each", "0.1", "--thresholds", "limits")
	if err == nil || !strings.Contains(err.Error(), "failed: output_change_possible of wear") {
		t.Errorf("error %v: %s", err, out)
	}

	for words, args := range map[string][]string{
		"--label or --targets names":                     nil,
		`no target column "pow"`:                         {"--targets", "pow,wear"},
		"accuracy cannot be checked: it needs a classif": {"--targets", "power,wear", "--thresholds", "accuracy"},
		"--targets: the task is classification":          {"--targets", "power,wear", "--task", "classification"},
	} {
		_, _, err := r2(args...)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v: error %v, want %s", args, err, words)
		}
	}
}

// A network with one output is a classifier of two classes if the labels are names. PyTorch's
// accuracy on testdata/binary is 0.95. Unsuitable labels are rejected with advice.
func TestAuditOfABinaryClassifier(t *testing.T) {
	points := readTexts(t, "cmd/liptrack/testdata/binary/points.csv")
	data := filepath.Join(t.TempDir(), "points.csv")

	for _, c := range []struct {
		name     string
		replaced []string
		args     []string
		accuracy float64 // NaN for a regression
		words    string  // expected in notes or the error
	}{
		{"names", nil, nil, 0.95, "taken as the logit of the second of two classes; for a regression, use"},
		{"names, but a regression", nil, []string{"--task", "regression"}, math.NaN(), ""},
		{"numbers", []string{",yes", ",1", ",no", ",0"}, nil, math.NaN(), "use --task classification"},
		{"numbers with names", []string{",yes", ",1", ",no", ",0"}, []string{"--classes", "no,yes"}, 0.95, ""},
		{"one name", []string{",no", ",yes"}, nil, math.NaN(), "use --task regression"},
		{"another activation", nil, []string{"--output", "tanh"}, math.NaN(), "set the task to regression"},
	} {
		text := strings.NewReplacer(c.replaced...).Replace(points)
		err := os.WriteFile(data, []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}

		args := []string{
			"audit", "cmd/liptrack/testdata/binary/m_2.pt", "--data", data, "--activation", "relu", "--html", "none", "--json", "-q",
		}
		out, _, err := liptrack(t, append(args, c.args...)...)
		if err != nil {
			if c.words == "" || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%s: error %v", c.name, err)
			}
			continue
		}

		var r report.Report
		err = json.Unmarshal([]byte(out), &r)
		if err != nil {
			t.Fatal(err)
		}

		accuracy := math.NaN()
		if r.Data.Accuracy != nil {
			accuracy = float64(*r.Data.Accuracy)
		}
		hasWords := strings.Contains(strings.Join(r.Model.Notes, "\n"), c.words)
		if math.IsNaN(accuracy) != math.IsNaN(c.accuracy) || math.Abs(accuracy-c.accuracy) > 1e-12 || !hasWords {
			t.Errorf("%s: accuracy %v, notes %q", c.name, accuracy, r.Model.Notes)
		}
	}
}
