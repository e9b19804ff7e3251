package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
)

//go:embed page
var pageFiles embed.FS

var templates = template.Must(template.New("").ParseFS(pageFiles, "page/page.html"))

// page is a self-contained HTML document: everything it shows is in it.
type page struct {
	Kind     string // what sort of report: "Evaluation"
	Title    string
	Lead     []template.HTML // the answer in words, a paragraph each
	Tiles    []tile
	Sections []section
	Footer   string
	scripts  []string // files of ours that it needs
}

// tile is one headline number.
type tile struct{ Value, What template.HTML }

// section is a chapter of a page.
type section struct {
	Title string
	About template.HTML // what is shown and how to read it
	Body  template.HTML
}

// keyValue is a row of a key–value table.
type keyValue struct {
	Key   string
	Value any // text, or template.HTML
}

// tableRow is a row of a table; its first cell names it.
type tableRow struct {
	Class string // "baseline" for rows in the background
	Cells []template.HTML
}

// HTML is the document.
func (p page) HTML() ([]byte, error) {
	css, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return nil, err
	}
	data := struct {
		page
		CSS    template.CSS
		Script template.JS
	}{page: p, CSS: template.CSS(css)} //nolint:gosec // our own file
	for _, name := range p.scripts {
		js, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			return nil, err
		}
		data.Script += template.JS(js) //nolint:gosec // our own file
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "page", data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// execute fills one of the page's templates. They are fixed and tested, so a failure is a fault of this package.
func execute(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(fmt.Sprintf("report: template %s: %v", name, err))
	}
	return template.HTML(b.String()) //nolint:gosec // html/template has escaped it
}

// text is plain text as HTML.
func text(format string, args ...any) template.HTML {
	return template.HTML(template.HTMLEscapeString(fmt.Sprintf(format, args...))) //nolint:gosec // escaped
}

// join puts pieces of HTML one behind the other.
func join(parts ...template.HTML) template.HTML {
	var out template.HTML
	for _, p := range parts {
		out += p
	}
	return out
}

// keyValues is a two-column table.
func keyValues(rows []keyValue) template.HTML { return execute("keyvalues", rows) }

// table has a header and scrolls sideways where the screen is narrow.
func table(head []template.HTML, rows []tableRow) template.HTML {
	return execute("table", map[string]any{"Head": head, "Rows": rows})
}

// legend names the curves of a group of charts, once for all of them.
func legend(curves []curve) template.HTML { return execute("legend", curves) }

// rowOf puts figures side by side, n (2 or 3) on a wide screen and one on a phone.
func rowOf(n int, items ...template.HTML) template.HTML {
	class := "two"
	if n == 3 {
		class = "three"
	}
	return execute("grid", map[string]any{"Class": class, "Items": items})
}

// fold hides something behind a line that opens it.
func fold(summary string, body template.HTML) template.HTML {
	return join("<details><summary>", text("%s", summary), "</summary>", body, "</details>")
}

// preformatted shows text as it is: a command, a configuration.
func preformatted(s string) template.HTML { return join("<pre>", text("%s", s), "</pre>") }
