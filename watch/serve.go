package watch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/liptrack/liptrack/plots/page"
)

// A path requests the page of a folder. The query "status" requests the status of its runs,
// "events" the events of a page, and "library" echarts; queries cannot collide with names of
// folders.
const (
	statusQuery  = "status"
	eventsQuery  = "events"
	libraryQuery = "library"
)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case query.Has(libraryQuery):
		serveLibrary(w, r)
		return
	case !strings.HasSuffix(r.URL.Path, "/"):
		// Links are relative, so the address of a folder's page must end in a slash.
		http.Redirect(
			w,
			r,
			(&url.URL{Path: path.Clean("/"+r.URL.Path) + "/"}).String(),
			http.StatusMovedPermanently,
		)
		return
	}

	folder, ok := folderOf(r.URL.Path)
	of := subject{folder: folder, standing: query.Has(statusQuery)}
	switch {
	case !ok:
		http.Error(w, "no such folder", http.StatusNotFound)
	case query.Has(eventsQuery):
		s.serveEvents(w, r, of)
	default:
		s.servePage(w, r, of)
	}
}

// folderOf returns the folder for the path of an address, "." for the root. The path must be clean;
// os.Root itself rejects anything else that leads out of the root.
func folderOf(address string) (folder string, ok bool) {
	folder = strings.Trim(address, "/")
	if folder == "" {
		// In package fs, the root is called ".".
		folder = "."
	}
	return folder, fs.ValidPath(folder) && (address == "/" || address == "/"+folder+"/")
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request, of subject) {
	shown, state, err := s.page(of, "")
	if err != nil {
		fail(w, err)
		return
	}

	// The page is completed before the response begins, so that an error can still become a status
	// code.
	var b bytes.Buffer
	live := page.Live{
		Library: libraryAddress(),
		Events:  "?" + eventsQuery,
		Version: state,
	}
	if of.standing {
		live.Events += "&" + statusQuery
	}

	if err := shown.WriteLive(&b, live); err != nil {
		fail(w, err)
		return
	}

	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	out, done := compressed(w, r)
	defer done()
	out.Write(b.Bytes())
}

// fail responds with an error. For a path that does not exist or leads out of the root, it only
// reports that there are no runs.
func fail(w http.ResponseWriter, err error) {
	// os.Root also returns a PathError for a path that leads outside, and its text would reveal
	// what is there.
	var path *fs.PathError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &path) {
		http.Error(w, "no runs here", http.StatusNotFound)
		return
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

// library returns echarts, compressed once, and a name derived from its content.
var library = sync.OnceValues(func() (packed []byte, name string) {
	var b bytes.Buffer
	// Browsers cache it for a year, so the best compression is worth the time.
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	z.Write(page.Library())
	z.Close()
	sum := fnv.New64a()
	sum.Write(b.Bytes())
	return b.Bytes(), fmt.Sprintf("%x", sum.Sum64())
})

func libraryAddress() string {
	_, name := library()
	return "/?" + libraryQuery + "=" + name
}

// serveLibrary sends echarts, which a browser then caches for all pages.
func serveLibrary(w http.ResponseWriter, r *http.Request) {
	packed, _ := library()
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	// The address contains a checksum, so it never goes stale: a new release has another address.
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")

	if !acceptsGzip(r) {
		w.Write(page.Library())
		return
	}

	w.Header().Set("Content-Encoding", "gzip")
	w.Write(packed)
}
