package watch

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// compressed returns a response writer that compresses if the reader accepts gzip, and a function
// to call at the end of the response.
func compressed(
	w http.ResponseWriter,
	r *http.Request,
) (out http.ResponseWriter, done func() error) {
	w.Header().Add("Vary", "Accept-Encoding")
	if !acceptsGzip(r) {
		return w, func() error { return nil }
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	return &packer{w, z}, z.Close
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// packer is a response writer that compresses.
type packer struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (p *packer) Write(b []byte) (int, error) {
	return p.z.Write(b)
}

// FlushError implements the flushing of [http.ResponseController]: it sends everything written so
// far.
func (p *packer) FlushError() error {
	if err := p.z.Flush(); err != nil {
		return err
	}
	return http.NewResponseController(p.ResponseWriter).Flush()
}
