package layout

// Trouble is an error that its reader can do something about. It becomes a page in
// one place, whichever door it came through.
type Trouble struct {
	Status            int // of HTTP
	Title, Text, Help string
}

func (t *Trouble) Error() string { return t.Title }
