package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists, for each package, which packages of this module it may import: the diagram of
// ARCHITECTURE.md.
var layers = map[string][]string{
	"cmd/liptrack":             {"experiments/external", "internal/decimal", "audit", "audit/report", "configs", "experiments", "experiments/config", "experiments/claims", "experiments/reproduction", "trainer", "trainer/dataset", "tracker", "tracker/series", "audit/view", "plots", "plots/figure", "plots/free", "plots/page", "plots/runset", "plots/picture", "plots/terminal", "watch", "export", "internal/modelfile", "network", "internal/linalg", "internal/suggest", "internal/processors", "internal/input", "experiments/rundir", "internal/wholefile", "cluster", "cluster/queue"},
	"bench":                    {"trainer", "trainer/dataset", "tracker", "tracker/series", "plots", "plots/figure", "plots/picture", "network", "internal/linalg", "internal/processors"},
	"experiments":              {"experiments/external", "network/losses", "internal/input", "experiments/config", "trainer", "trainer/dataset", "tracker", "tracker/ensemble", "tracker/series", "plots", "plots/free", "plots/page", "network", "internal/modelfile", "internal/linalg", "internal/rng", "internal/vec", "internal/processors", "experiments/rundir", "internal/wholefile", "internal/panics", "internal/memory"},
	"configs":                  {},
	"experiments/external":     {"internal/modelfile", "internal/input", "network"},
	"experiments/config":       {"trainer", "trainer/dataset", "tracker", "network", "internal/settings", "internal/input", "internal/rng", "internal/suggest", "internal/yamlnode"},
	"experiments/rundir":       {"tracker/series", "internal/wholefile", "internal/input"},
	"internal/wholefile":       {},
	"cluster":                  {"experiments/rundir", "internal/input", "internal/wholefile"},
	"cluster/queue":            {"cluster", "experiments", "experiments/config", "experiments/rundir", "tracker/series", "internal/input", "internal/wholefile"},
	"internal/panics":          {},
	"internal/chunks":          {"internal/panics", "internal/processors"},
	"internal/memory":          {},
	"experiments/reproduction": {"configs", "experiments", "experiments/claims", "experiments/claims/view", "experiments/config", "experiments/rundir", "internal/wholefile", "tracker/series"},
	"experiments/claims":       {"tracker/derive", "tracker/series", "tracker/series/query", "internal/trend"},
	"trainer":                  {"network/losses", "internal/suggest", "internal/yamlnode", "internal/settings", "trainer/dataset", "network", "internal/conv", "internal/linalg", "internal/rng", "internal/vec", "internal/processors"},
	"trainer/dataset":          {"internal/settings", "internal/rng", "internal/npy", "internal/input", "internal/tabletext"},
	"tracker":                  {"network/losses", "internal/settings", "tracker/series", "internal/bounds", "network", "internal/linalg", "internal/rng", "internal/chunks", "internal/processors", "internal/rounding", "internal/panics", "internal/memory"},
	"tracker/series":           {"internal/input"},
	"tracker/series/query":     {"tracker/series", "internal/trend"},
	"tracker/derive":           {"tracker/series"},
	"tracker/ensemble":         {"tracker/series", "internal/bounds", "network", "internal/linalg", "internal/chunks", "internal/rounding"},
	"audit":                    {"audit/report", "tracker", "tracker/series", "internal/bounds", "network", "internal/linalg", "internal/input", "internal/rng", "internal/chunks", "internal/processors", "internal/rounding", "internal/tabletext", "internal/decimal", "internal/yamlnode", "internal/memory"},
	"audit/report":             {"tracker/series"},
	"plots":                    {"plots/figure", "plots/page", "plots/runset", "plots/free", "tracker/derive", "tracker/series", "tracker/series/query"},
	"plots/free":               {"plots/figure", "plots/page", "plots/runset", "tracker/series", "tracker/series/query"},
	"plots/runset":             {"plots/figure", "tracker/series", "tracker/series/query", "internal/trend"},
	"plots/page":               {"plots/figure"},
	"plots/figure":             {"tracker/series", "tracker/series/query"},
	"audit/view":               {"audit/report", "plots/figure", "plots/page", "tracker/series", "tracker/series/query"},
	"plots/picture":            {"plots/figure", "internal/wholefile"},
	"plots/terminal":           {"plots", "plots/figure", "plots/runset", "tracker/series", "tracker/series/query", "internal/input"},
	"watch":                    {"cluster", "plots", "plots/figure", "plots/page", "tracker/series", "internal/input", "experiments/rundir"},
	"export":                   {"tracker/series", "tracker/series/query", "internal/suggest", "internal/input", "experiments/rundir"},
	"internal/bounds":          {"network", "internal/conv", "internal/linalg", "internal/rounding"},
	"internal/modelfile":       {"internal/conv", "network", "internal/npy", "internal/decimal", "internal/input"},
	"network/losses":           {"internal/linalg", "internal/vec"},
	"network":                  {"internal/conv", "internal/linalg", "internal/rounding", "internal/vec"},
	"internal/tabletext":       {"internal/decimal", "internal/input"},
	"internal/npy":             {"internal/input"},
	"internal/decimal":         {},
	"internal/input":           {"internal/memory"},
	"internal/suggest":         {},
	"internal/testnet":         {"network", "internal/conv"},
	"internal/browsertest":     {},
	"internal/linalg":          {"internal/processors", "internal/rounding"},
	"internal/processors":      {"internal/panics"},
	"internal/rng":             {},
	"internal/rounding":        {},
	"internal/trend":           {},
	"internal/conv":            {"internal/linalg", "internal/vec"},
	"internal/vec":             {},
	"internal/settings":        {"internal/suggest", "internal/yamlnode"},
	"internal/yamlnode":        {},
	"scripts/gallery":          {},

	"experiments/claims/view": {"experiments/claims", "plots/figure", "plots/free", "plots/picture", "tracker/series"},
}

// fenced lists modules that only one package may import.
var fenced = map[string]string{
	"gorgonia.org/":                     "trainer",
	"github.com/spf13/viper":            "experiments/config",
	"github.com/go-echarts/go-echarts/": "plots/page",
	"gonum.org/v1/plot":                 "plots/picture",
	"github.com/ebitengine/purego":      "internal/linalg",
	"golang.org/x/sys":                  "internal/linalg",
	"github.com/spf13/cobra":            "cmd/liptrack",
	"github.com/parquet-go/":            "export",
	"github.com/nats-io/":               "cluster/queue",
}

func TestImportsRunOneWay(t *testing.T) {
	const module = "github.com/liptrack/liptrack/"
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := layers[name]
		if !known {
			t.Errorf("package %s is not in the diagram", name)
		}
		seen[name] = true
		for _, imported := range p.Imports {
			if inner, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, inner) {
				t.Errorf("%s imports %s, which the diagram does not allow", name, inner)
			}
			for prefix, owner := range fenced {
				if strings.HasPrefix(imported, prefix) && name != owner {
					t.Errorf("%s imports %s, which only %s may", name, imported, owner)
				}
			}
		}
	}

	for name := range layers {
		if !seen[name] {
			t.Errorf("the diagram has a package %s that does not exist", name)
		}
	}
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listedPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "github.com/liptrack/liptrack/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listedPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
