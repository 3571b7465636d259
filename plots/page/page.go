// Package page writes pages (figures and tables under a head) as one HTML file that sends no
// request to any host, and as updates of a page whose series still grow. It is the only importer of
// go-echarts, which builds the options of charts. The styles and scripts are in assets/, embedded
// together with echarts itself. The same page gives the same bytes. A page is about 350 kB, mostly
// echarts; scripts and data are compressed.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/liptrack/liptrack/plots/figure"
)

// A Page is a head that sums up the charts and tables below it.
type Page struct {
	Kind    string // what the page shows, in a few words
	Title   string
	Summary []string // paragraphs
	Tiles   []Tile
	// Verdict is the status of an audit, which colours the first sentence and tile; empty for other
	// pages.
	Verdict string
	// Ended means that nothing on the page will change any more.
	Ended bool
	// Lead are the tables above the charts.
	Lead    []figure.Table
	Figures []*figure.Figure
	Missing []Missing
	Tables  []figure.Table
	// Colours are the choices of colours of a set's runs.
	Colours Colouring
	// Explorer is the data from which readers of a set draw their own sweeps; nil for none.
	Explorer *Explorer
	// Clock lets readers switch charts over epochs to updates or time; nil for neither.
	Clock *Clock
	// Up is the address of the parent page; empty for none. Before and After are the pages of the
	// neighbouring runs.
	Up            string
	Before, After Neighbour
	// Standing is the address of the page with the status of the runs; empty for none.
	Standing string
}

// A Neighbour is the page of a neighbouring run; its Link is empty for none.
type Neighbour struct{ Name, Link string }

// A Tile is one number in the page's head. Its Note links to Link, if that is set.
type Tile struct{ Name, Value, Note, Link string }

// NewTile returns a tile without a link.
func NewTile(name, value, note string) Tile {
	return Tile{
		Name:  name,
		Value: value,
		Note:  note,
	}
}

// Missing gives the reason why a chart is not on the page.
type Missing struct{ Title, Reason string }

// HasContents reports whether the page is long enough for a table of contents.
func (p *Page) HasContents() bool {
	return len(p.Figures)+len(p.Tables) > 4
}

// OverEpochs reports whether any chart is over epochs.
func (p *Page) OverEpochs() bool {
	return slices.ContainsFunc(p.Figures, func(f *figure.Figure) bool {
		return f.Epochs
	})
}

// HasSmooth reports whether any chart may be smoothed.
func (p *Page) HasSmooth() bool {
	return slices.ContainsFunc(p.Figures, func(f *figure.Figure) bool {
		return f.Smooth
	})
}

// Live holds the addresses that a page needs to follow growing series.
type Live struct {
	// Library is the address of echarts, which live pages share.
	Library string
	// Events is the address of a stream of server-sent events whose data are updates of the page
	// by [Page.Since]. It is asked for what is new "from" the version given, a name for the state
	// of the page that is the id of the event which leads to it.
	Events, Version string
}

// assets holds the parts of every page. echarts.min.js contains what pages use of the npm package
// echarts 5.6.0, built by scripts/echarts/build; the licences of echarts and its parts lie next to
// it.
//
//go:embed assets
var assets embed.FS

var (
	shell = template.Must(template.ParseFS(assets, "assets/page.html"))
	style = template.CSS(":root {" + figure.PaletteCSS(false) + " }\n" +
		":root[data-theme=\"dark\"] {" + figure.PaletteCSS(true) + " }\n" +
		asset("page.css"))
	early   = script("theme.js") // before anything is shown
	unpack  = script("unpack.js")
	library = script("echarts.min.js")
	ours    = script(
		"number.js",
		"address.js",
		"contents.js",
		"axis.js",
		"clock.js",
		"style.js",
		"shapes.js",
		"tooltip.js",
		"figure.js",
		"parallel.js",
		"export.js",
		"table.js",
		"runs.js",
		"hide.js",
		"differences.js",
		"page.js",
		"choose.js",
		"live.js",
	)
	whole = library + "\n" + ours
)

// Library returns echarts, for live pages.
func Library() []byte { return []byte(library) }

// packed returns the scripts of a self-contained page in the form that unpack.js reads.
var packed = sync.OnceValue(func() template.HTML {
	return pack([]byte(whole), gzip.BestCompression)
})

// pack compresses text by gzip and encodes it in base64, which needs no escaping.
func pack(text []byte, level int) template.HTML {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err) // the level is one
	}
	z.Write(text) // into memory
	z.Close()
	return template.HTML(base64.StdEncoding.EncodeToString(b.Bytes()))
}

// Write renders a self-contained page. html/template escapes names and texts from the series,
// encoding/json escapes data. Should anything slip through, the page's content security policy only
// runs its own scripts, by their hashes, and loads nothing from any host.
func (p *Page) Write(w io.Writer) error {
	return p.render(w, &renderedPage{
		Policy: "script-src" + hashes(early, unpack, whole),
		Packed: packed(),
		Script: unpack,
	})
}

// WriteLive renders a page that follows its series as they grow. It may request the library and the
// events from its own host, and nothing else.
func (p *Page) WriteLive(w io.Writer, live Live) error {
	return p.render(w, &renderedPage{
		Policy: "connect-src 'self'; script-src 'self'" + hashes(early, ours),
		Live:   live,
		Script: ours,
	})
}

// A renderedPage is a page with everything that the template needs.
type renderedPage struct {
	*Page
	Policy string
	Style  template.CSS
	Live   Live

	Early  template.JS
	Packed template.HTML // scripts that Script unpacks; empty if Script is everything
	Script template.JS

	data []byte // if scripts are packed: the data, one line for each element
}

// Data returns the JSON of a figure or another part of the page for the scripts; no byte in it can
// end the element around it. If the scripts are packed, so are the data: the element then stays
// empty until they are unpacked.
func (r *renderedPage) Data(part any) (template.JS, error) {
	var text []byte
	var err error
	if f, is := part.(*figure.Figure); is {
		text, err = Data(f)
	} else {
		text, err = json.Marshal(part)
	}

	if err != nil || r.Packed == "" {
		return template.JS(text), err
	}

	r.data = append(append(r.data, text...), '\n')

	return "", nil
}

// PackedData returns the data of all elements so far in the form that unpack.js reads.
func (r *renderedPage) PackedData() template.HTML {
	return pack(r.data, gzip.DefaultCompression)
}

func (p *Page) render(w io.Writer, shown *renderedPage) error {
	shown.Page, shown.Style, shown.Early = p, style, early
	shown.Policy = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; " + shown.Policy

	// A page that fails half-way must not be written at all.
	var b bytes.Buffer
	err := shell.Execute(&b, shown)
	if err != nil {
		return err
	}
	_, err = b.WriteTo(w)
	return err
}

// script joins scripts from the assets into one in which nothing can end the element around it.
func script(names ...string) template.JS {
	var sources []string
	for _, name := range names {
		sources = append(sources, asset(name))
	}
	return template.JS(strings.ReplaceAll(strings.Join(sources, "\n"), "</script", `<\/script`))
}

// asset returns an embedded file. It panics if there is none, which only a wrong name in this
// package can cause.
func asset(name string) string {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// hashes returns the given scripts as sources for a content security policy.
func hashes(scripts ...template.JS) string {
	var allowed strings.Builder
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		allowed.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return allowed.String()
}
