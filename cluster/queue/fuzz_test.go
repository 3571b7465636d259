package queue

import (
	"reflect"
	"testing"
)

// FuzzBundle checks that a bundle from another machine is an error, or names only files of a run
// and survives a round trip.
func FuzzBundle(f *testing.F) {
	b := bundle{[]piece{
		{Name: "series.jsonl", Appended: true, Offset: 3, Data: []byte("{}\n")},
		{Name: "checkpoints/epoch-7.safetensors", Data: []byte{1}},
	}}

	data, err := b.pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add([]byte{0xff, 0xff})

	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := unpackBundle(data)
		if err != nil {
			return
		}
		for _, p := range b.Pieces {
			if !travels(p.Name) || p.Offset < 0 {
				t.Errorf("file %q at %d", p.Name, p.Offset)
			}
		}

		packed, err := b.pack()
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpackBundle(packed)
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Errorf("%v travels as %v, %v", b, again, err)
		}
	})
}
