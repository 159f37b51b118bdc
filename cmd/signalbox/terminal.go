package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/signalbox-health/signalbox/internal/export"
)

// terminal says how wide an output is: as COLUMNS tells, or else the terminal
// itself. Colours are for terminals only, and not where NO_COLOR forbids them
// (no-color.org) or the terminal is a dumb one.
func (c *config) terminal(w io.Writer) export.TextOptions {
	o := export.TextOptions{Columns: c.columns}
	f, ok := w.(*os.File)
	if !ok {
		return o
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return o
	}
	o.Colour = !c.plain
	if o.Columns == 0 {
		o.Columns = int(size.Col)
	}
	return o
}

// columnsOf reads a width that makes sense; 0 stands for none.
func columnsOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0
	}
	return n
}
