package modelfile

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/liptrack/liptrack/internal/input"
)

// Kinds of protobuf fields, numbered as in protowire. A field's tag is its number<<3 | kind.
const (
	varint  = 0
	fixed64 = 1
	block   = 2 // a string, a message, or numbers one after another
	fixed32 = 5
)

// protoReader parses the messages of a file. It counts what it finds towards a quota, since every
// byte may become a number, and every two bytes a field.
type protoReader struct{ found input.Quota }

// numbersOfField is how many numbers a field counts as: storing a field takes at least as much
// memory.
const numbersOfField = 2

// fields calls visit with the tag and the content of each field of a message: data for a block,
// number for the other kinds.
func (r *protoReader) fields(
	message []byte,
	visit func(tag, number uint64, data []byte) error,
) error {
	// Fields may be in any order, and readers skip unknown ones.
	for len(message) > 0 {
		err := r.found.Take(numbersOfField)
		if err != nil {
			return err
		}

		id, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}

		message = message[n:]
		var data []byte
		var number uint64
		switch kind {
		case block:
			data, n = protowire.ConsumeBytes(message)
		case protowire.StartGroupType, protowire.EndGroupType:
			n = protowire.ConsumeFieldValue(id, kind, message)
		default:
			number, n = consumeNumber(kind, message)
		}

		if n < 0 {
			return protowire.ParseError(n)
		}

		message = message[n:]
		err = visit(uint64(id)<<3|uint64(kind), number, data)
		if err != nil {
			return err
		}
	}

	return nil
}

// consumeNumber reads a number from b and returns its length n. A negative n is an error code.
func consumeNumber(kind protowire.Type, b []byte) (number uint64, n int) {
	switch kind {
	case fixed32:
		short, n := protowire.ConsumeFixed32(b)
		return uint64(short), n
	case fixed64:
		return protowire.ConsumeFixed64(b)
	}
	return protowire.ConsumeVarint(b)
}

// appendNumbers appends the numbers in a block, all of one kind.
func (r *protoReader) appendNumbers(
	values []float64, kind protowire.Type, b []byte, convert func(uint64) float64,
) ([]float64, error) {
	for len(b) > 0 {
		err := r.found.Take(1)
		if err != nil {
			return nil, err
		}

		number, n := consumeNumber(kind, b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}

		values = append(values, convert(number))
		b = b[n:]
	}
	return values, nil
}

// descend returns the block at the end of a path of tags, or nil if there is none.
func (r *protoReader) descend(message []byte, tags ...uint64) ([]byte, error) {
	for _, want := range tags {
		var inner []byte
		err := r.fields(message, func(tag, _ uint64, data []byte) error {
			if tag == want {
				// If a field occurs twice, the last one counts, as protobuf specifies.
				inner = data
			}
			return nil
		})

		if err != nil || inner == nil {
			return nil, err
		}

		message = inner
	}

	return message, nil
}
