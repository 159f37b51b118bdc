package ledger

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// An export is one file that proves itself: text in lines, each beginning with a
// word that says what it is, so that it can be read without this program.
//
//	signalbox-ledger 1
//	about {"since":0,"size":3,"origin":"...","key":"...","written":"..."}
//	peak HASH                      of the records before, if it does not begin with the first
//	head "the note as JSON text"   kept heads, the last one of all records
//	record SEQUENCE HASH,... ENTRY the entry as it was written; nothing where its bytes were let go
//	end
//
// It may be pressed together with gzip.
const exportMagic = "signalbox-ledger 1"

// ErrNoExport says that a file is not the export of a ledger at all.
var ErrNoExport = errors.New("not the export of a ledger")

// About says what an export holds.
type About struct {
	Since   int64  `json:"since"` // records that are not in it
	Size    int64  `json:"size"`  // records in all
	Origin  string `json:"origin"`
	Key     string `json:"key"` // verifier key of the origin, as the export claims it
	Written Time   `json:"written"`
}

// ExportWriter writes an export, in the order of its methods.
type ExportWriter struct {
	w    *bufio.Writer
	gz   *gzip.Writer
	next int64
	size int64
}

// NewExport begins an export, pressed together if told.
func NewExport(w io.Writer, pressed bool, about About, start Start, heads [][]byte) (*ExportWriter, error) {
	e := &ExportWriter{next: about.Since + 1, size: about.Size}
	if pressed {
		e.gz = gzip.NewWriter(w)
		w = e.gz
	}
	e.w = bufio.NewWriterSize(w, 1<<18)
	what, err := json.Marshal(about)
	if err != nil {
		return nil, fmt.Errorf("begin an export: %w", err)
	}
	fmt.Fprintf(e.w, "%s\nabout %s\n", exportMagic, what)
	for _, h := range start.Peaks {
		fmt.Fprintf(e.w, "peak %s\n", h)
	}
	for _, head := range heads {
		text, err := json.Marshal(string(head))
		if err != nil {
			return nil, fmt.Errorf("begin an export: %w", err)
		}
		fmt.Fprintf(e.w, "head %s\n", text)
	}
	return e, nil
}

// Record writes the next record with its stored hashes.
func (e *ExportWriter) Record(r Record, hashes []Hash) error {
	if r.Sequence != e.next {
		return fmt.Errorf("export the ledger: record %d comes after record %d: run signalbox audit verify", r.Sequence, e.next-1)
	}
	e.next++
	fmt.Fprintf(e.w, "record %d ", r.Sequence)
	for i, h := range hashes {
		if i > 0 {
			e.w.WriteByte(',')
		}
		e.w.WriteString(h.String())
	}
	e.w.WriteByte(' ')
	e.w.Write(r.Canonical)
	return e.w.WriteByte('\n')
}

// Close ends the export. It does not close what is below.
func (e *ExportWriter) Close() error {
	if e.next != e.size+1 {
		return fmt.Errorf("export the ledger: it has %d records, and %d were read: run signalbox audit verify", e.size, e.next-1)
	}
	e.w.WriteString("end\n")
	if err := e.w.Flush(); err != nil {
		return fmt.Errorf("export the ledger: %w", err)
	}
	if e.gz != nil {
		if err := e.gz.Close(); err != nil {
			return fmt.Errorf("export the ledger: %w", err)
		}
	}
	return nil
}

// ExportReader reads an export, whose first lines it has read.
type ExportReader struct {
	About About
	Start Start
	Heads [][]byte

	lines *bufio.Reader
	line  []byte // the first record, or the end
	last  int64  // record that was read
}

// maxLine is the longest line that is read. An entry has a few thousand bytes.
const maxLine = 16 << 20

// OpenExport reads what stands before the records. A file that is something else
// is ErrNoExport.
func OpenExport(r io.Reader) (*ExportReader, error) {
	in := bufio.NewReaderSize(r, 1<<18)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoExport, err)
		}
		in = bufio.NewReaderSize(gz, 1<<18)
	}
	e := &ExportReader{lines: in}
	first, err := e.read()
	if err != nil || string(first) != exportMagic {
		return nil, fmt.Errorf("%w: its first line is not %q", ErrNoExport, exportMagic)
	}
	return e, e.readTop()
}

func (e *ExportReader) readTop() error {
	for {
		line, err := e.read()
		if err != nil {
			return e.damaged(err)
		}
		word, rest, _ := strings.Cut(string(line), " ")
		switch word {
		case "about":
			err = json.Unmarshal([]byte(rest), &e.About)
			e.last, e.Start.Size = e.About.Since, e.About.Since
			if err == nil && (e.About.Since < 0 || e.About.Size < e.About.Since) {
				err = fmt.Errorf("records %d to %d", e.About.Since, e.About.Size)
			}
		case "peak":
			var h Hash
			h, err = parseHash(rest)
			e.Start.Peaks = append(e.Start.Peaks, h)
		case "head":
			var head string
			err = json.Unmarshal([]byte(rest), &head)
			e.Heads = append(e.Heads, []byte(head))
		case "record", "end":
			e.line = line
			if e.About == (About{}) {
				return fmt.Errorf("%w: it does not say what it is about", ErrNoExport)
			}
			return nil
		default:
			err = fmt.Errorf("a line begins with %q", clipped(word))
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoExport, err)
		}
	}
}

// read gives the next line without its end. One that the file breaks off in is no line.
func (e *ExportReader) read() ([]byte, error) {
	var line []byte
	for {
		part, err := e.lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxLine:
			return nil, fmt.Errorf("a line is longer than %d bytes", maxLine)
		}
	}
}

func (e *ExportReader) damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Fault{e.last + 1, Missing, fmt.Sprintf("the file breaks off after record %d; it says that it has %d", e.last, e.About.Size)}
	}
	return &Fault{e.last + 1, Damaged, fmt.Sprintf("the file cannot be read from there on: %v", err)}
}

// Records gives the records in the order of the file, once. An error is a *Fault.
func (e *ExportReader) Records(yield func(Record, error) bool) {
	for line := e.line; ; {
		if string(line) == "end" {
			if e.last < e.About.Size {
				yield(Record{}, &Fault{e.last + 1, Missing, fmt.Sprintf("the file says that it has %d records, and ends with %d", e.About.Size, e.last)})
			}
			return
		}
		r, err := parseRecord(string(line))
		if err != nil {
			yield(Record{}, &Fault{e.last + 1, Damaged, err.Error()})
			return
		}
		e.last = r.Sequence
		if !yield(r, nil) {
			return
		}
		if line, err = e.read(); err != nil {
			yield(Record{}, e.damaged(err))
			return
		}
	}
}

func parseRecord(line string) (r Record, err error) {
	parts := strings.SplitN(line, " ", 4)
	if len(parts) != 4 || parts[0] != "record" {
		return r, fmt.Errorf("the line %q is no record", clipped(line))
	}
	if r.Sequence, err = strconv.ParseInt(parts[1], 10, 64); err != nil || r.Sequence < 1 {
		return r, fmt.Errorf("%q is no number of a record", clipped(parts[1]))
	}
	for text := range strings.SplitSeq(parts[2], ",") {
		h, err := parseHash(text)
		if err != nil {
			return r, fmt.Errorf("record %d: %w", r.Sequence, err)
		}
		r.Hashes = append(r.Hashes, h)
	}
	if parts[3] != "" {
		r.Canonical = []byte(parts[3])
	}
	return r, nil
}
