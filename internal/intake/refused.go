package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// refusals keeps refused rows as they turn up: those that cannot be read or
// cannot be true, then those that come twice, each in order of line. They wait
// in temporary files, because a whole file may be refused.
type refusals struct {
	header            []string
	wrong, twice      *spill
	count, duplicates int64
}

// spill is a temporary file of refusals. It has no name: it holds what was
// refused and must not stay behind.
type spill struct {
	file  *os.File
	write *csv.Writer
	read  *csv.Reader
	next  *Refusal
}

func newSpill() (*spill, error) {
	file, err := os.CreateTemp("", "signalbox-refused-*")
	if err != nil {
		return nil, fmt.Errorf("keep refused rows: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, fmt.Errorf("keep refused rows: %w", err)
	}
	return &spill{file: file, write: csv.NewWriter(file)}, nil
}

func (s *spill) add(r Refusal) error {
	return s.write.Write([]string{strconv.Itoa(r.Line), r.Column, r.Value, r.Reason})
}

func (s *spill) rewind() error {
	s.write.Flush()
	if err := s.write.Error(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s.read = csv.NewReader(s.file)
	return s.advance()
}

func (s *spill) advance() error {
	cells, err := s.read.Read()
	if errors.Is(err, io.EOF) {
		s.next = nil
		return nil
	}
	if err != nil {
		return err
	}
	line, err := strconv.Atoi(cells[0])
	s.next = &Refusal{line, cells[1], cells[2], cells[3]}
	return err
}

func newRefusals(header []string) (*refusals, error) {
	wrong, err := newSpill()
	if err != nil {
		return nil, err
	}
	twice, err := newSpill()
	if err != nil {
		wrong.file.Close()
		return nil, err
	}
	return &refusals{header: header, wrong: wrong, twice: twice}, nil
}

func (r *refusals) close() {
	r.wrong.file.Close()
	r.twice.file.Close()
}

func (r *refusals) add(refusal Refusal) error {
	r.count++
	return r.wrong.add(refusal)
}

func (r *refusals) duplicate(line, other int32) error {
	r.count++
	r.duplicates++
	return r.twice.add(Refusal{Line: int(line), Reason: fmt.Sprintf("the same organisation, period and stratum stand on line %d too; keep the one that is meant", other)})
}

// pop gives the refusal with the smallest line, or nil.
func (r *refusals) pop() (*Refusal, error) {
	from := r.wrong
	if from.next == nil || r.twice.next != nil && r.twice.next.Line < from.next.Line {
		from = r.twice
	}
	next := from.next
	if next == nil {
		return nil, nil
	}
	return next, from.advance()
}

// report puts the first refusals into the report and all of them into a file
// with the original columns, which can be mended and loaded as it is.
func (r *refusals) report(src *source, o Options, to *FileReport) error {
	to.Refused = r.count
	if r.count == 0 {
		return nil
	}
	if err := errors.Join(r.wrong.rewind(), r.twice.rewind()); err != nil {
		return fmt.Errorf("read the refused rows again: %w", err)
	}
	dir := o.RefusedDir
	if dir == "" {
		dir = filepath.Dir(src.path)
	}
	to.RefusedFile = filepath.Join(dir, strings.TrimSuffix(src.name, filepath.Ext(src.name))+".refused.csv")
	file, err := os.CreateTemp(dir, ".refused-*")
	if err != nil {
		return fmt.Errorf("write the refused rows: %w (choose another folder with --refused)", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := r.writeRows(file, src, to); err != nil {
		return fmt.Errorf("write the refused rows: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write the refused rows: %w", err)
	}
	return os.Rename(file.Name(), to.RefusedFile)
}

// writeRows reads the table a second time and picks the refused rows out.
func (r *refusals) writeRows(to io.Writer, src *source, report *FileReport) error {
	again, err := openTable(src.path)
	if err != nil {
		return err
	}
	defer again.close()
	w := csv.NewWriter(to)
	keep := r.kept()
	w.Write(append(pick(again.header, keep), added...))
	next, err := r.pop()
	for next != nil && err == nil {
		var cells []string
		if cells, err = again.csv.Read(); err != nil {
			return err
		}
		line, _ := again.csv.FieldPos(0)
		if line < next.Line {
			continue
		}
		w.Write(append(pick(cells, keep), strconv.Itoa(line), next.Text()))
		if len(report.Refusals) < shownRefusals {
			report.Refusals = append(report.Refusals, *next)
		}
		next, err = r.pop()
	}
	w.Flush()
	return errors.Join(err, w.Error())
}

// kept are the columns without those that an earlier refusal added.
func (r *refusals) kept() []int {
	var keep []int
	for i, name := range r.header {
		if !slices.Contains(added, name) {
			keep = append(keep, i)
		}
	}
	return keep
}

func pick(cells []string, keep []int) []string {
	out := make([]string, len(keep), len(keep)+2)
	for i, from := range keep {
		if from < len(cells) {
			out[i] = cells[from]
		}
	}
	return out
}
