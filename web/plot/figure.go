package plot

import "github.com/a-h/templ"

// Figure is a whole chart for a page: the three drawings, the legend, the
// caption, and the options for zooming. It is complete without a script.
func Figure(p Picture) templ.Component {
	return templ.Join(
		templ.Raw(`<figure class="plot" id="`+templ.EscapeString(p.ID)+`">`),
		Charts(p), Key(p),
		templ.Raw("<figcaption>"+templ.EscapeString(Caption(p))+"</figcaption>"),
		Script(p),
		templ.Raw("</figure>"),
	)
}
