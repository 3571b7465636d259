package experiments_test

import (
	"bufio"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
)

var updateIDs = flag.Bool("update-ids", false, "write testdata/ids.txt anew: runs of users move")

const idsFile = "testdata/ids.txt"

// TestRunIDsArePinned compares the runs of every shipped configuration, and of arguments that set
// every key, with those of earlier versions: a run keeps its folder from version to version.
func TestRunIDsArePinned(t *testing.T) {
	got := map[string]string{}
	err := fs.WalkDir(configs.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		for _, quick := range []bool{false, true} {
			got[fmt.Sprintf("%s quick=%t", path, quick)] = fingerprint(t, path, config.Options{Quick: quick, MaxRuns: 10000})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, arguments := range argumentsOfEveryKey {
		got[arguments] = fingerprint(t, "quick.yaml", config.Options{Arguments: strings.Split(arguments, " ")})
	}

	if *updateIDs {
		writeIDs(t, got)
	}
	want := readIDs(t)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s\n got: %s\nwant: %s", name, got[name], want[name])
		}
	}
}

// fingerprint returns the number of runs, the first run's id, and a digest of all ids and names.
func fingerprint(t *testing.T, path string, o config.Options) string {
	t.Helper()
	o.Files = configs.Files
	e, err := config.Load(path, o)
	if config.NoQuickForm(err) {
		return "none"
	}
	if err != nil {
		t.Fatalf("%s %v: %v", path, o.Arguments, err)
	}

	ids := sha256.New()
	for _, run := range e.Runs {
		fmt.Fprintln(ids, run.ID, run.Name, run.Point)
	}
	return fmt.Sprintf("%d %s %.4x", len(e.Runs), e.Runs[0].ID, ids.Sum(nil))
}

func readIDs(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(idsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	ids := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, id, _ := strings.Cut(lines.Text(), ": ")
		ids[name] = id
	}
	return ids
}

func writeIDs(t *testing.T, ids map[string]string) {
	t.Helper()
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		fmt.Fprintf(&text, "%s: %s\n", name, ids[name])
	}
	if err := os.WriteFile(idsFile, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// argumentsOfEveryKey set every possible key to something other than its default, all at once.
var argumentsOfEveryKey = []string{
	"name=x description=words data.name=csv data.path=p data.train=a.csv data.test=b.csv data.test_fraction=0.3 data.label=y",
	"data.name=npz data.train=a.npz data.keys.x=a data.keys.y=b data.keys.x_test=c data.keys.y_test=d",
	"data.name=cifar100 data.train_size=100 data.test_size=50 data.permute=false data.feature_noise=0.1 " +
		"data.label_noise=0.2 data.seed=7 data.greyscale=true data.resize=16 data.superclasses=true",
	"data.mnist1d.samples=1000 data.mnist1d.scale=0.5 data.mnist1d.max_translation=20 data.mnist1d.correlated_noise=0.1 " +
		"data.mnist1d.iid_noise=0.03 data.mnist1d.shear=0.5 data.mnist1d.shuffle_positions=true data.mnist1d.seed=5",
	"data.name=gaussian_mixture data.synthetic.classes=4 data.synthetic.dim=3 data.synthetic.train=60 " +
		"data.synthetic.test=20 data.synthetic.distance=2 data.synthetic.deviation=0.5 track.grid.range=4 " +
		"track.grid.points=100 track.grid.picture=off",
	"model.hidden=[8,8] model.bias=true model.activation=leaky_relu model.slope=0.2 model.output=relu model.dropout=0.1 " +
		"model.init.scheme=he model.init.scale=2",
	"model.name=Bias_LeakyOutput_FF_ReLU_64_32",
	"train.loss=mse train.temperature=2 train.optimizer.name=sgd train.optimizer.lr=0.03 train.optimizer.momentum=0.5 " +
		"train.optimizer.nesterov=true train.optimizer.weight_decay=0.001",
	"train.loss=mse_mean train.optimizer.name=adamw train.optimizer.betas=[0.8,0.99] train.optimizer.eps=1e-6",
	"train.schedule.name=step train.schedule.step_epochs=5 train.schedule.gamma=0.5 train.schedule.min_factor=0.1 " +
		"train.schedule.warmup.updates=10",
	"train.schedule.name=multistep train.schedule.milestones=[3,6] train.schedule.warmup.epochs=2",
	"train.schedule.name=cosine train.schedule.epochs=9 train.batch_size=full train.shuffle=true train.clip=50",
	"train.schedule=Cont1000 model.activation=relu train.constraint=3 train.jacobian_penalty=0.1 train.adversarial.eps=0.1 " +
		"train.adversarial.norm=inf train.adversarial.steps=3 train.adversarial.rate=5 train.adversarial.decay=0.5 " +
		"train.adversarial.noise=0.01 train.precision=float64 seed=9",
	"stop.epochs=20 stop.min_epochs=5 stop.grad_norm=0.1 stop.train_loss=0.2 stop.train_accuracy=0.9 " +
		"stop.give_up.epochs=10 stop.give_up.train_loss=1.5 checkpoint.every=3 checkpoint.interval=1.5",
	"track.schedule.every=4 track.schedule.first=3 track.probes.from=test track.probes.sample=50",
	"track.schedule.log=10 track.probes.from=file track.probes.file=points.csv",
	"track.jacobian.of=[softmax,loss] track.jacobian.norms=[1,inf] track.jacobian.upto=all track.jacobian.quantiles=[0.5] " +
		"track.jacobian.histogram=false track.enlarged.combinations=1000 track.enlarged.noise=[0.3] track.adversarial.eps=0.1 " +
		"track.adversarial.steps=7 track.adversarial.rate=2 track.adversarial.decay=0.9 track.linearisation.points=12 " +
		"track.search.radius=0.5 track.memory=8",
	`track.metrics=[default,{"name":grid,"every":3},adversarial,{"name":layer_norms,"log":5}]`,
	"data.name=smallMNIST1D train.optimizer.lr=0.001,0.01 seed=range(1,4)",
	`sweep.method=random sweep.runs=4 sweep.parameters={"train.optimizer.lr":{"min":0.001,"max":0.1}}`,
}
