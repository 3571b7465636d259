package plots

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

// A page is everything between the sentence at its head and the facts at its foot.
type page struct {
	Kind    string // run or set
	Title   string
	Summary []string // paragraphs
	Tiles   []tile
	Figures []*figure
	Missing []missing
	Tables  []table
}

// assets holds what every page is made of. echarts.min.js is dist/echarts.min.js of the npm
// package echarts 5.6.0; the licences of echarts and of what it contains lie beside it.
//
//go:embed assets
var assets embed.FS

var (
	shell   = template.Must(template.ParseFS(assets, "assets/page.html"))
	early   = script("theme.js") // before anything is shown
	library = script("echarts.min.js")
	ours    = script("number.js", "axis.js", "style.js", "shapes.js", "tooltip.js", "figure.js", "export.js", "table.js", "page.js")
)

// write renders the page. Names and texts from the series are escaped by html/template, data
// by encoding/json; should anything slip through all the same, the page's content security
// policy lets no script run but those above, by their hashes, and nothing load from any host.
func (p *page) write(w io.Writer) error {
	var b bytes.Buffer
	err := shell.Execute(&b, struct {
		*page
		Policy  string
		Style   template.CSS
		Early   template.JS
		Scripts []template.JS
	}{p, policy(early, library, ours), template.CSS(asset("page.css")), early, []template.JS{library, ours}})
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
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

// policy is a content security policy that allows the given scripts and no requests.
func policy(scripts ...template.JS) string {
	var allowed strings.Builder
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		allowed.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src" + allowed.String()
}
