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

// Requests ask for the page of a folder by its path, for how its runs stand by the query "status",
// for the events of a page by the query "events", and for echarts by the query "library": no folder
// can have such a name.
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
		// Links are relative to the page of a folder, whose address ends in a slash.
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

// folderOf returns the folder that the path of an address stands for, "." for the root. The path
// must be in its shortest form; whatever else leads out of the root is refused by the root itself.
func folderOf(address string) (folder string, ok bool) {
	folder = strings.Trim(address, "/")
	if folder == "" {
		// fs paths name the root by a dot.
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

	// The page is made whole before the answer begins: an error can still become a status code.
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

// fail answers with an error. Of a path that leads nowhere or out of the root it says no more than
// that nothing is there.
func fail(w http.ResponseWriter, err error) {
	// os.Root reports a path that leads outside as a PathError, too; its text would tell what lies
	// there.
	var path *fs.PathError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &path) {
		http.Error(w, "no runs here", http.StatusNotFound)
		return
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

// library is echarts, compressed once, under a name that changes with it.
var library = sync.OnceValues(func() (packed []byte, name string) {
	var b bytes.Buffer
	// Browsers keep it for a year, so the best compression is worth its time.
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

// serveLibrary sends echarts, which a browser then keeps for every other page.
func serveLibrary(w http.ResponseWriter, r *http.Request) {
	packed, _ := library()
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	// The address holds a sum of the content: a new release has another address, so this one never
	// goes stale.
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")

	if !acceptsGzip(r) {
		w.Write(page.Library())
		return
	}

	w.Header().Set("Content-Encoding", "gzip")
	w.Write(packed)
}
