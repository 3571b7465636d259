package input

import (
	"compress/gzip"
	"fmt"
	"io"
)

// Packed data may unpack to packedFreely bytes whatever their size, and to more only if that is at
// most mostPacked times their size. Deflate packs zeros 1,030 to 1, measurements a few to 1, and
// pictures of one bit a pixel as float64 some 60 to 1.
const (
	packedFreely = 16 << 20
	mostPacked   = 200
)

// CheckPacked refuses data that unpack to so many bytes, of which packed are in the file: it takes
// the claim of a header, before anything is unpacked.
func CheckPacked(unpacked, packed int64) error {
	if unpacked <= packedFreely || unpacked/mostPacked <= packed {
		return nil
	}
	return fmt.Errorf(
		"%d bytes unpack to %d or more: past %d no more than %d times as many are read; "+
			"unpack the file, or save it unpacked",
		packed,
		unpacked,
		packedFreely,
		mostPacked,
	)
}

// Unpack returns a reader of what unpacker makes of r, which ends in an error as soon as
// CheckPacked refuses what has come out.
func Unpack[R io.Reader](r io.Reader, unpacker func(io.Reader) (R, error)) (io.Reader, error) {
	packed := &counter{r: r}
	unpacked, err := unpacker(packed)
	if err != nil {
		return nil, err
	}
	return &unpacking{counter{r: unpacked}, packed}, nil
}

// Gunzip returns a reader of what gzip packed, as Unpack does.
func Gunzip(r io.Reader) (io.Reader, error) {
	return Unpack(r, gzip.NewReader)
}

// unpacking reads what comes out of an unpacker, and sees what goes in.
type unpacking struct {
	counter
	packed *counter
}

func (u *unpacking) Read(b []byte) (int, error) {
	n, err := u.counter.Read(b)
	refused := CheckPacked(u.bytes, u.packed.bytes)
	if refused != nil {
		return 0, refused
	}
	return n, err
}

// counter counts the bytes that are read through it.
type counter struct {
	r     io.Reader
	bytes int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.bytes += int64(n)
	return n, err
}
