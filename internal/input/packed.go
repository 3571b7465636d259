package input

import (
	"compress/gzip"
	"fmt"
	"io"
)

// Compressed data may decompress to packedFreely bytes regardless of their size, and to more only
// if the ratio is at most mostPacked. Deflate compresses zeros 1,030 to 1, measurements a few to 1,
// and float64 pictures with one bit of information per pixel some 60 to 1.
const (
	packedFreely = 16 << 20
	mostPacked   = 200
)

// CheckPacked returns an error if data of packed bytes would decompress to a suspicious number of
// bytes, unpacked. That number may come from a header, before anything is decompressed.
func CheckPacked(unpacked, packed int64) error {
	if unpacked <= packedFreely || unpacked/mostPacked <= packed {
		return nil
	}
	return fmt.Errorf(
		"%d bytes decompress to %d or more: data that decompress to more than %d bytes "+
			"may grow by a factor of %d at most; decompress the file, or save it uncompressed",
		packed,
		unpacked,
		packedFreely,
		mostPacked,
	)
}

// Unpack returns a reader of the data in r, decompressed by unpacker. Reads fail as soon as
// CheckPacked refuses the amount that has been decompressed.
func Unpack[R io.Reader](r io.Reader, unpacker func(io.Reader) (R, error)) (io.Reader, error) {
	packed := &counter{r: r}
	unpacked, err := unpacker(packed)
	if err != nil {
		return nil, err
	}
	return &unpacking{counter{r: unpacked}, packed}, nil
}

// Gunzip is Unpack for gzip data.
func Gunzip(r io.Reader) (io.Reader, error) {
	return Unpack(r, gzip.NewReader)
}

// unpacking counts the bytes that come out of a decompressor and those that go in.
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

// counter counts the bytes read through it.
type counter struct {
	r     io.Reader
	bytes int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.bytes += int64(n)
	return n, err
}
