package export

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// An event holds the contents of an event file at one step.
type event struct {
	wall    float64
	step    uint64
	version string
	scalars map[string]float32
}

// crc32c computes the checksum bit by bit, from its definition (RFC 3720, appendix B.4).
func crc32c(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c)
		for range 8 {
			crc = crc>>1 ^ (-(crc & 1) & 0x82f63b78)
		}
	}
	return ^crc
}

// readEvents decodes an event file and verifies every checksum.
func readEvents(t *testing.T, file []byte) []event {
	t.Helper()
	check := func(b []byte, masked uint32) {
		if crc := crc32c(b); (crc>>15|crc<<17)+0xa282ead8 != masked {
			t.Fatalf("checksum %x does not fit", masked)
		}
	}

	var all []event
	for len(file) > 0 {
		n := binary.LittleEndian.Uint64(file)
		check(file[:8], binary.LittleEndian.Uint32(file[8:]))
		message := file[12 : 12+n]
		check(message, binary.LittleEndian.Uint32(file[12+n:]))
		file = file[16+n:]
		e := event{scalars: map[string]float32{}}

		fields(t, message, func(field protowire.Number, bits uint64, content []byte) {
			switch field {
			case 1:
				e.wall = math.Float64frombits(bits)
			case 2:
				e.step = bits
			case 3:
				e.version = string(content)
			case 5:
				fields(t, content, func(_ protowire.Number, _ uint64, value []byte) { e.addScalar(t, value) })
			}
		})

		all = append(all, e)
	}

	return all
}

func (e *event) addScalar(t *testing.T, value []byte) {
	var tag string
	var v float32
	fields(t, value, func(field protowire.Number, bits uint64, content []byte) {
		if field == 1 {
			tag = string(content)
		} else {
			v = math.Float32frombits(uint32(bits))
		}
	})
	e.scalars[tag] = v
}

// fields visits the fields of a message.
func fields(t *testing.T, message []byte, visit func(field protowire.Number, bits uint64, content []byte)) {
	t.Helper()
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		message = message[n:]
		var bits uint64
		var content []byte

		switch kind {
		case protowire.VarintType:
			bits, n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(message)
		case protowire.Fixed32Type:
			var b uint32
			b, n = protowire.ConsumeFixed32(message)
			bits = uint64(b)
		default:
			content, n = protowire.ConsumeBytes(message)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		visit(field, bits, content)
		message = message[n:]
	}
}

func events(t *testing.T, path string, naming Naming, updates bool) []event {
	t.Helper()
	var b, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&b, &again} {
		if err := WriteEvents(w, read(t, path), naming, updates); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("written again, the bytes differ")
	}
	return readEvents(t, b.Bytes())
}

// TestEventsReadBack reads back every value at its epoch.
func TestEventsReadBack(t *testing.T) {
	if crc32c([]byte("123456789")) != 0xe3069283 {
		t.Fatal("the reader's checksum is wrong")
	}
	for _, path := range fixture(t) {
		all := events(t, path, OwnNames, false)
		if all[0].version != "brain.Event:2" {
			t.Errorf("the file begins with %+v", all[0])
		}
		run, n := read(t, path), 0
		for _, e := range all[1:] {
			if e.wall != float64(e.step) {
				t.Errorf("wall time %v of step %d", e.wall, e.step)
			}
			for c := range query.Curves(run.Table) {
				tag := c.Metric
				if c.Label != "" {
					tag += "/" + c.Label
				}
				want, measured := c.At(int(e.step))
				got, has := e.scalars[tag]
				if has != measured || math.Float32bits(got) != math.Float32bits(float32(want)) {
					t.Errorf("step %d, %s: %v (%v), want %v (%v)", e.step, tag, got, has, want, measured)
				}
			}

			n += len(e.scalars)
		}

		points := 0
		for c := range query.Curves(run.Table) {
			points += len(c.Values)
		}
		if n != points || n == 0 {
			t.Errorf("%d scalars of %d points", n, points)
		}
	}
}

// TestWallTimeIsTheRuns checks that wall times sum up training and measuring, with repeated epochs
// counted once.
func TestWallTimeIsTheRuns(t *testing.T) {
	path := fixture(t)[3]
	put(t, filepath.Join(filepath.Dir(path), rundir.TimingFile), `{"epoch":0,"train_seconds":1,"track_seconds":2}
{"epoch":2,"train_seconds":100,"track_seconds":0}
{"epoch":2,"train_seconds":4,"track_seconds":8}
{"epoch":3,"tra`)
	for i, want := range []event{{wall: 0}, {wall: 3, step: 0}, {wall: 3, step: 8}, {wall: 15, step: 16}, {wall: 15, step: 24}} {
		if got := events(t, path, OwnNames, true)[i]; got.wall != want.wall || got.step != want.step {
			t.Errorf("event %d is at step %d and %v s, want %d and %v s", i, got.step, got.wall, want.step, want.wall)
		}
	}
}

// TestDamagedTimingCostsTheWallTimes checks that wall times then equal the steps and nothing else
// is lost.
func TestDamagedTimingCostsTheWallTimes(t *testing.T) {
	path := fixture(t)[3]
	for _, damage := range []string{"\x00\x00", "[]", `{"epoch":1.5}`, "no JSON"} {
		put(t, filepath.Join(filepath.Dir(path), rundir.TimingFile), damage)
		for _, e := range events(t, path, OwnNames, true)[1:] {
			if e.wall != float64(e.step) {
				t.Errorf("%q: wall time %v of step %d", damage, e.wall, e.step)
			}
		}
	}
}

// TestPaperNames compares the names with those in code/train.py.
func TestPaperNames(t *testing.T) {
	table := series.NewTable(header("r", 1, "[64, 64]"))
	table.Add(point(0, series.PaperLower, "", 1))
	name := PaperNames(table)

	for _, test := range []struct{ metric, label, want, rest string }{
		{series.GradNorm, "", "norm_grad_of_params", ""},
		{series.ParamDistance, "", "params/norm_dtheta_t0", ""},
		{series.TestAccuracy, "", "accuracy/test", ""},
		{series.PaperLower, "", "L_lower/layer_6", ""},
		{series.LowerBound, "", "liptrack/lower_bound", ""}, // the run has the paper's own estimate
		{series.LowerBound, "upto=1", "L_lower/layer_2", ""},
		{series.LowerBound, "on=correct", "liptrack/lower_bound", "on=correct"},
		{series.UpperProduct, "", "L_upper/layer_6", ""},
		{series.SpectralNorm, "layer=1", "liptrack/spectral_norm", "layer=1"},
	} {
		if got, rest := name(test.metric, test.label); got != test.want || rest != test.rest {
			t.Errorf("%s %s goes under %s, %s; want %s, %s", test.metric, test.label, got, rest, test.want, test.rest)
		}
	}
}
