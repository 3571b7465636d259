// Package page writes pages: figures and tables under a head, as one HTML file that makes no
// request to any host, and as updates of a page whose series still grow. It is the only importer of
// go-echarts, which builds the options of charts; the styles and scripts are in assets/, embedded
// beside echarts itself. The same page gives the same bytes. It weighs 350 kB, most of them
// echarts; scripts and data are packed.
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

// A Page is charts and tables under a head that sums them up.
type Page struct {
	Kind    string // what it is of, in a few words
	Title   string
	Summary []string // paragraphs
	Tiles   []Tile
	// Verdict is the status of an audit, which colours the first sentence and tile; else empty.
	Verdict string
	// Ended says that nothing more is being recorded of what the page shows.
	Ended bool
	// Lead are the tables above the charts.
	Lead    []figure.Table
	Figures []*figure.Figure
	Missing []Missing
	Tables  []figure.Table
	// Colours are the choices of colours of a set's runs.
	Colours Colouring
	// Explorer is what readers of a set draw sweeps of their own from; nil for nothing.
	Explorer *Explorer
	// Clock lets charts over epochs be drawn over updates and time instead; nil for neither.
	Clock *Clock
	// Up is the address of the page that leads to this one; empty for none. Before and After are
	// the pages of the runs beside this one.
	Up            string
	Before, After Neighbour
	// Standing is the address of the page that says how the runs stand; empty for none.
	Standing string
}

// A Neighbour is the page of a run beside another; its Link is empty for none.
type Neighbour struct{ Name, Link string }

// A Tile is one number of the page's head. Its Note leads to the Link, if there is one.
type Tile struct{ Name, Value, Note, Link string }

// NewTile returns a tile that leads nowhere.
func NewTile(name, value, note string) Tile {
	return Tile{
		Name:  name,
		Value: value,
		Note:  note,
	}
}

// Missing says why a chart is not on the page.
type Missing struct{ Title, Reason string }

// HasContents says whether the page is long enough to need a table of contents.
func (p *Page) HasContents() bool {
	return len(p.Figures)+len(p.Tables) > 4
}

// OverEpochs says whether any chart is over epochs.
func (p *Page) OverEpochs() bool {
	return slices.ContainsFunc(p.Figures, func(f *figure.Figure) bool {
		return f.Epochs
	})
}

// HasSmooth says whether any chart may be smoothed.
func (p *Page) HasSmooth() bool {
	return slices.ContainsFunc(p.Figures, func(f *figure.Figure) bool {
		return f.Smooth
	})
}

// Live says where the page of series that still grow finds what it needs.
type Live struct {
	// Library is the address of echarts, which such pages share.
	Library string
	// Events is the address of a stream of server-sent events whose data are updates of the page
	// by [Page.Since]. It is asked for what is new "from" the version given, a name for the state
	// of the page that is the id of the event which leads to it.
	Events, Version string
}

// assets holds what every page is made of. echarts.min.js is what pages use of the npm package
// echarts 5.6.0, made by scripts/echarts/build; the licences of echarts and of what it contains lie
// beside it.
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

// Library returns echarts, for pages that are live.
func Library() []byte { return []byte(library) }

// packed returns the scripts of a page that stands by itself, as unpack.js takes them.
var packed = sync.OnceValue(func() template.HTML {
	return pack([]byte(whole), gzip.BestCompression)
})

// pack compresses text by gzip and writes it in base64, which has nothing to escape.
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

// Write renders a page that stands by itself. Names and texts from the series are escaped by
// html/template, data by encoding/json; should anything slip through all the same, the page's
// content security policy lets no script run but its own, by their hashes, and nothing load
// from any host.
func (p *Page) Write(w io.Writer) error {
	return p.render(w, &renderedPage{
		Policy: "script-src" + hashes(early, unpack, whole),
		Packed: packed(),
		Script: unpack,
	})
}

// WriteLive renders a page that follows its series as they grow. It may ask the host that it
// comes from for the library and the events, and no other for anything.
func (p *Page) WriteLive(w io.Writer, live Live) error {
	return p.render(w, &renderedPage{
		Policy: "connect-src 'self'; script-src 'self'" + hashes(early, ours),
		Live:   live,
		Script: ours,
	})
}

// A renderedPage is a page with what it needs to be shown.
type renderedPage struct {
	*Page
	Policy string
	Style  template.CSS
	Live   Live

	Early  template.JS
	Packed template.HTML // scripts that Script unpacks; empty where Script is all
	Script template.JS

	data []byte // of a page whose scripts are packed, a line for each of its elements
}

// Data returns what a script reads of a figure or another part of the page, as JSON in which no
// byte can end the element around it. Where the scripts are packed, the data are, too: the element
// stays empty until they are unpacked.
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

// PackedData returns the data of all elements so far, as unpack.js takes them.
func (r *renderedPage) PackedData() template.HTML {
	return pack(r.data, gzip.DefaultCompression)
}

func (p *Page) render(w io.Writer, shown *renderedPage) error {
	shown.Page, shown.Style, shown.Early = p, style, early
	shown.Policy = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; " + shown.Policy

	// A page that fails half-way is not written at all.
	var b bytes.Buffer
	err := shell.Execute(&b, shown)
	if err != nil {
		return err
	}
	_, err = b.WriteTo(w)
	return err
}

// script joins scripts of the assets into one, in which nothing can end the element around it.
func script(names ...string) template.JS {
	var sources []string
	for _, name := range names {
		sources = append(sources, asset(name))
	}
	return template.JS(strings.ReplaceAll(strings.Join(sources, "\n"), "</script", `<\/script`))
}

// asset returns an embedded file, which is there or the program does not build.
func asset(name string) string {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// hashes returns sources of a content security policy: the given scripts.
func hashes(scripts ...template.JS) string {
	var allowed strings.Builder
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		allowed.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return allowed.String()
}
