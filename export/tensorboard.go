package export

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"math/bits"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// EventsFile is the name of a run's file of TensorBoard events.
const EventsFile = "events.out.tfevents.0.liptrack"

// Field numbers of TensorFlow's messages Event, Summary and Summary.Value (event.proto,
// summary.proto).
const (
	eventWallTime    protowire.Number = 1
	eventStep        protowire.Number = 2
	eventFileVersion protowire.Number = 3
	eventSummary     protowire.Number = 5
	summaryValue     protowire.Number = 1
	valueTag         protowire.Number = 1
	valueSimple      protowire.Number = 2
)

// WriteEvents writes a run as TensorBoard events, one per epoch, with float32 scalars tagged metric
// or metric/label. The step is the epoch or, with updates, the number of updates. The wall time is
// in seconds since the start of the run, including measurements, if the run's folder records its
// timing; otherwise it equals the step.
func WriteEvents(w io.Writer, r rundir.Record, naming Naming, updates bool) error {
	// If the timing is damaged, the clock is nil and only the wall times are lost.
	clock, _ := r.Folder().Clock()

	out := bufio.NewWriterSize(w, 1<<16)
	// Readers of event files expect the version in the first event.
	version := protowire.AppendTag(wallTime(nil, 0), eventFileVersion, protowire.BytesType)
	if err := writeRecord(out, protowire.AppendString(version, "brain.Event:2")); err != nil {
		return err
	}

	tracks := tracksOf(r.Table, naming)
	for _, epoch := range epochsOf(r.Table) {
		summary, step := summaryAt(tracks, epoch)
		if !updates {
			step = epoch
		}

		// Without a clock the step keeps the events in order, in which TensorBoard draws them.
		seconds := float64(step)
		if clock != nil {
			seconds = clock.At(epoch)
		}

		e := protowire.AppendTag(wallTime(nil, seconds), eventStep, protowire.VarintType)
		e = protowire.AppendVarint(e, uint64(step))
		e = protowire.AppendTag(e, eventSummary, protowire.BytesType)
		err := writeRecord(out, protowire.AppendBytes(e, summary))
		if err != nil {
			return err
		}
	}

	return out.Flush()
}

func wallTime(b []byte, seconds float64) []byte {
	return protowire.AppendFixed64(
		protowire.AppendTag(b, eventWallTime, protowire.Fixed64Type),
		math.Float64bits(seconds),
	)
}

// A track is a curve and the position up to which it has been read.
type track struct {
	tag  string
	c    *series.Curve
	next int
}

func tracksOf(t *series.Table, naming Naming) []*track {
	var all []*track
	name := naming(t)
	for c := range query.Curves(t) {
		tag, label := name(c.Metric, c.Label)
		if label != "" {
			tag += "/" + label
		}
		all = append(all, &track{tag: tag, c: c})
	}
	return all
}

// epochsOf returns the epochs with at least one measurement, in ascending order.
func epochsOf(t *series.Table) []int {
	seen := map[int]bool{}
	for c := range query.Curves(t) {
		for _, e := range c.Epochs {
			seen[e] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// summaryAt encodes the values of an epoch. Epochs must be requested in ascending order.
func summaryAt(tracks []*track, epoch int) (summary []byte, step int) {
	for _, t := range tracks {
		// All curves are read in parallel, in order of their epochs, so each is traversed only
		// once.
		if t.next == len(t.c.Epochs) || t.c.Epochs[t.next] != epoch {
			continue
		}
		v := protowire.AppendString(
			protowire.AppendTag(nil, valueTag, protowire.BytesType),
			t.tag,
		)
		v = protowire.AppendTag(v, valueSimple, protowire.Fixed32Type)
		// TensorBoard's scalars are float32.
		v = protowire.AppendFixed32(v, math.Float32bits(float32(t.c.Values[t.next])))
		summary = protowire.AppendBytes(
			protowire.AppendTag(summary, summaryValue, protowire.BytesType),
			v,
		)
		step = t.c.Steps[t.next]
		t.next++
	}

	return summary, step
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeRecord writes a message as a TFRecord: its length, the masked CRC-32C of the length, the
// message, and the masked CRC-32C of the message.
func writeRecord(w io.Writer, message []byte) error {
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(message)))
	head = binary.LittleEndian.AppendUint32(head, maskedCRC(head))
	for _, part := range [][]byte{head, message, binary.LittleEndian.AppendUint32(nil, maskedCRC(message))} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func maskedCRC(b []byte) uint32 {
	// TFRecord masks its checksums, because the CRC of data that contain a CRC is weak.
	return bits.RotateLeft32(crc32.Checksum(b, castagnoli), -15) + 0xa282ead8
}
