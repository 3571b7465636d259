package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
)

// The schema and the structs have the same keys, and defaults of the fields' types that are
// themselves allowed.
func TestSchemaMatchesConfig(t *testing.T) {
	values := fields(new(Config))
	seen := map[string]bool{}
	for _, k := range schema(Allowed{}) {
		if seen[k.path] {
			t.Errorf("%s is in the schema twice", k.path)
		}
		seen[k.path] = true
		if k.inputOnly {
			continue
		}
		value, ok := values[k.path]
		delete(values, k.path)
		if !ok {
			t.Errorf("%s has no field", k.path)
			continue
		}
		if k.def == nil {
			continue
		}
		if got, want := reflect.TypeOf(k.def), reflect.TypeOf(value); got != want {
			t.Errorf("%s: default of type %v, field of type %v", k.path, got, want)
		}
		if got, blame := k.typ.read(encode(k.def)); blame != nil || !reflect.DeepEqual(got, k.def) {
			t.Errorf("%s: default %v is read as %v", k.path, k.def, got)
		}
		if k.decider != "" && !seen[k.decider] {
			t.Errorf("%s depends on %s, which is not above it", k.path, k.decider)
		}
	}
	for path := range values {
		t.Errorf("%s is not in the schema", path)
	}
}

func TestVariablesAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, path := range newReader(schema(Allowed{})).paths {
		if other, ok := seen[variable(path)]; ok {
			t.Errorf("%s and %s are both %s", path, other, variable(path))
		}
		seen[variable(path)] = path
	}
}

// The comment of every field states the default that the schema has.
func TestFieldCommentsStateDefaults(t *testing.T) {
	structs := map[string]*ast.StructType{}
	for _, name := range []string{"config.go", "data.go", "track.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				structs[spec.Name.Name], _ = spec.Type.(*ast.StructType)
			}
			return true
		})
	}
	infos := map[string]KeyInfo{}
	for _, info := range Keys(Allowed{}) {
		infos[info.Key] = info
	}
	checked := 0
	var check func(prefix, name string)
	check = func(prefix, name string) {
		for _, field := range structs[name].Fields.List {
			path := prefix + reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("mapstructure")
			if section, ok := field.Type.(*ast.Ident); ok && structs[section.Name] != nil {
				check(path+".", section.Name)
				continue
			}
			checked++
			want := "Default " + infos[path].Default + "."
			switch infos[path].Default {
			case "required":
				want = "Required."
			case `""`:
				want = "Default empty."
			}
			comment := strings.Join(strings.Fields(field.Doc.Text()), " ")
			if !strings.Contains(comment, want) && !strings.Contains(comment, strings.TrimSuffix(want, ".")+",") {
				t.Errorf("the comment of %s does not say %q: %s", path, want, comment)
			}
		}
	}
	check("", "Config")
	if fields := len(fields(new(Config))); checked != fields {
		t.Errorf("checked %d of %d fields", checked, fields)
	}
}

func TestKeys(t *testing.T) {
	infos := map[string]KeyInfo{}
	for _, info := range Keys(offered) {
		infos[info.Key] = info
	}
	for _, want := range []KeyInfo{
		{"train.batch_size", "integer", "512", "≥ 0 or full", "samples of an update"},
		{"train.optimizer.lr", "number", "required", "> 0", "learning rate that the schedule multiplies"},
		{"train.optimizer.betas", "pair of numbers", "[0.9, 0.999]", "≥ 0 and < 1", "decay rates of the two moments; only with train.optimizer.name adam, adamw"},
		{"data.permute", "true or false", "true", "", "the paper's permutation, also if all points are kept"},
		{"train.loss", "one of", "cross_entropy", "cross_entropy, mse, mse_mean", "mse sums over outputs, as the paper; mse_mean averages"},
		{"track.metrics", "list of distinct metrics or mappings {name, every, first, log}", "[layer_norms, jacobian]",
			"of default, jacobian, layer_norms, upper_product, paper", "what to measure; {name, every, first, log} has its own schedule"},
	} {
		if got := infos[want.Key]; got != want {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

// Layers are a name or a list, in one form however they are written, in place of the widths of hidden layers.
func TestModelLayers(t *testing.T) {
	for text, want := range map[string]string{
		"model.layers=CNN_5": "CNN_5",
		"model.layers=[{conv: {size: 5, channels: 8}}, flatten, {dense: 6}]": "[{conv: {channels: 8, size: 5}}, flatten, {dense: 6}]",
	} {
		cfg := loadSweep(t, "", text).Runs[0].Config
		if cfg.Model.Layers != want || len(cfg.Model.Hidden) != 0 {
			t.Errorf("%s: layers %q, hidden %v", text, cfg.Model.Layers, cfg.Model.Hidden)
		}
		again := loadText(t, string(Marshal(cfg))).Runs[0].Config
		if Hash(again) != Hash(cfg) {
			t.Errorf("%s: read again its hash is another", text)
		}
	}
}
