package report

import (
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
)

// sheet is a table that the page shows, and that goes to files of its own.
type sheet struct {
	Name    string // of its files
	Caption string // one sentence, for papers
	Head    []heading
	Rows    []sheetRow
}

// heading is the head of a column.
type heading struct {
	Page template.HTML // may break its line
	Text string        // for files
	File bool          // the column is in files alone
}

type sheetRow struct {
	Class string // "baseline" for rows in the background
	Cells []cell
}

// cell is a number or a text.
type cell struct {
	Page  template.HTML
	Value float64 // a number to sort by and to write; NaN for a text or a number that is not finite
	Text  string  // in files, where it is no number
	File  bool    // it is in files alone
}

// head is a heading whose parts stand in lines of their own.
func head(lines ...string) heading {
	h := heading{Text: strings.Join(lines, " ")}
	for i, l := range lines {
		if i > 0 {
			h.Page += "<br>"
		}
		h.Page += text("%s", l)
	}
	return h
}

func words(s string) cell { return cell{Page: text("%s", s), Value: math.NaN(), Text: s} }

func number(v float64) cell { return shown(v, text("%s", short(v))) }

func whole(n int) cell { return shown(float64(n), text("%d", n)) }

// shown is a number that the page writes in a way of its own.
func shown(v float64, page template.HTML) cell { return cell{Page: page, Value: v} }

// hidden is a number for files alone.
func hidden(v float64) cell { return cell{Value: v, File: true} }

// interval is a number with its bounds, where there are any.
func interval(v, lo, hi float64) template.HTML {
	if lo != lo || hi != hi {
		return text("%s", short(v))
	}
	return join(text("%s", short(v)), "<br>", unit(fmt.Sprintf("(%s to %s)", short(lo), short(hi))))
}

// HTML is the table on the page; a click on a heading sorts it.
func (s sheet) HTML() template.HTML { return execute("sheet", s) }

// Key is what the page sorts a cell by: a number, or nothing for a text, which sorts by what it shows.
func (c cell) Key() string {
	if c.Value-c.Value != 0 {
		return ""
	}
	return strconv.FormatFloat(c.Value, 'g', -1, 64)
}

// file is the cell in a file of comma-separated values.
func (c cell) file() string {
	if c.Text != "" {
		return c.Text
	}
	return strconv.FormatFloat(c.Value, 'g', -1, 64)
}

// csv writes the table with all digits.
func (s sheet) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	var row []string
	for _, h := range s.Head {
		row = append(row, h.Text)
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for _, r := range s.Rows {
		row = row[:0]
		for _, c := range r.Cells {
			row = append(row, c.file())
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// latex writes the table as a tabular in the style of the package booktabs, to be put into a table of the reader's.
func (s sheet) latex(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %s\n%% needs \\usepackage{booktabs}\n\\begin{tabular}{l%s}\n\\toprule\n", s.Caption, strings.Repeat("r", len(s.Head)-1))
	line := func(n int, at func(i int) string) {
		for i := range n {
			if i > 0 {
				b.WriteString(" & ")
			}
			b.WriteString(at(i))
		}
		b.WriteString(" \\\\\n")
	}
	line(len(s.Head), func(i int) string { return latexText(s.Head[i].Text) })
	b.WriteString("\\midrule\n")
	for _, r := range s.Rows {
		line(len(r.Cells), func(i int) string { return r.Cells[i].latex() })
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	_, err := io.WriteString(out, b.String())
	return err
}

func (c cell) latex() string {
	if c.Text != "" {
		return latexText(c.Text)
	}
	return latexNumber(c.Value)
}

// latexNumber writes three significant digits in math mode; – for what is not finite.
func latexNumber(v float64) string {
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if v-v != 0 {
		return "--"
	}
	if math.Abs(v) >= 1000 && math.Abs(v) < 1e6 {
		s = strconv.FormatFloat(v, 'f', 0, 64)
	}
	if mantissa, exponent, ok := strings.Cut(s, "e"); ok {
		n, _ := strconv.Atoi(exponent) // of our own making
		s = fmt.Sprintf("%s\\cdot 10^{%d}", mantissa, n)
	}
	return "$" + s + "$"
}

// latexText escapes what LaTeX would take for a command.
func latexText(s string) string {
	return strings.NewReplacer("\\", "\\textbackslash{}", "&", "\\&", "%", "\\%", "$", "\\$", "#", "\\#", "_", "\\_", "{", "\\{", "}", "\\}", "~", "\\textasciitilde{}",
		"^", "\\textasciicircum{}", "≥", "$\\geq$", "×", "$\\times$", "–", "--", "\u202f", "\\,").Replace(s)
}
