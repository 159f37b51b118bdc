package browsertest

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf16"
)

// ReadPDF gives the words of each page of a PDF that Chromium has made. It knows
// the few forms that Chromium writes and no others: objects one after the
// other, streams in Flate, glyphs as hexadecimal numbers of two bytes, each
// font with a table that leads back to the letters.
func ReadPDF(file []byte) (pages []string, err error) {
	if !bytes.HasPrefix(file, []byte("%PDF-")) {
		return nil, errors.New("read PDF: it does not begin as one")
	}
	objects := map[string][]byte{}
	for _, m := range pdfObject.FindAllSubmatch(file, -1) {
		objects[string(m[1])] = m[2]
	}
	letters := map[string]map[uint16]string{} // of each font, by the number of its object
	for number, object := range objects {
		if m := pdfToUnicode.FindSubmatch(object); m != nil {
			table, err := inflate(objects[string(m[1])])
			if err != nil {
				return nil, fmt.Errorf("read PDF: letters of font %s: %w", number, err)
			}
			letters[number] = lettersOf(table)
		}
	}
	for _, object := range objects {
		if !pdfPage.Match(object) {
			continue
		}
		m := pdfContents.FindSubmatch(object)
		if m == nil {
			return nil, errors.New("read PDF: a page without contents")
		}
		content, err := inflate(objects[string(m[1])])
		if err != nil {
			return nil, fmt.Errorf("read PDF: a page: %w", err)
		}
		pages = append(pages, wordsOf(content, letters))
	}
	if len(pages) == 0 {
		return nil, errors.New("read PDF: it has no pages")
	}
	return pages, nil
}

var (
	pdfObject    = regexp.MustCompile(`(?s)(?:^|\n)(\d+) 0 obj\s*(.*?)\s*endobj`)
	pdfPage      = regexp.MustCompile(`/Type\s*/Page\b`)
	pdfContents  = regexp.MustCompile(`/Contents\s+(\d+) 0 R`)
	pdfToUnicode = regexp.MustCompile(`/ToUnicode\s+(\d+) 0 R`)
	pdfStream    = regexp.MustCompile(`(?s)stream\r?\n(.*)\r?\nendstream`)
	pdfRange     = regexp.MustCompile(`(?s)beginbfrange(.*?)endbfrange`)
	pdfChar      = regexp.MustCompile(`(?s)beginbfchar(.*?)endbfchar`)
	pdfHex       = regexp.MustCompile(`<([0-9A-Fa-f]*)>`)
	// Fonts are named after their objects: /F4 is object 4.
	pdfShown = regexp.MustCompile(`/F(\d+) [\d.]+ Tf|\[([^\]]*)\] TJ|<([0-9A-Fa-f]+)> Tj|\bET\b`)
)

func inflate(object []byte) ([]byte, error) {
	m := pdfStream.FindSubmatch(object)
	if m == nil {
		return nil, errors.New("no stream")
	}
	plain, err := zlib.NewReader(bytes.NewReader(m[1]))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

// lettersOf reads a table from glyphs to letters.
func lettersOf(table []byte) map[uint16]string {
	letters := map[uint16]string{}
	for _, block := range pdfChar.FindAllSubmatch(table, -1) {
		hexes := pdfHex.FindAllSubmatch(block[1], -1)
		for i := 0; i+1 < len(hexes); i += 2 {
			letters[glyph(hexes[i][1])] = text(hexes[i+1][1], 0)
		}
	}
	for _, block := range pdfRange.FindAllSubmatch(table, -1) {
		hexes := pdfHex.FindAllSubmatch(block[1], -1)
		for i := 0; i+2 < len(hexes); i += 3 {
			first, last := glyph(hexes[i][1]), glyph(hexes[i+1][1])
			for g := int(first); g <= int(last); g++ {
				letters[uint16(g)] = text(hexes[i+2][1], uint16(g)-first)
			}
		}
	}
	return letters
}

func glyph(digits []byte) uint16 {
	n, _ := strconv.ParseUint(string(digits), 16, 16)
	return uint16(n)
}

// text decodes UTF-16, its last unit moved by some places.
func text(digits []byte, by uint16) string {
	raw, _ := hex.DecodeString(string(digits))
	var units []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	if len(units) > 0 {
		units[len(units)-1] += by
	}
	return string(utf16.Decode(units))
}

// wordsOf follows the content of a page.
func wordsOf(content []byte, letters map[string]map[uint16]string) string {
	var said bytes.Buffer
	font := ""
	for _, m := range pdfShown.FindAllSubmatch(content, -1) {
		if len(m[1]) > 0 {
			font = string(m[1])
			continue
		}
		for _, run := range pdfHex.FindAllSubmatch(append(append([]byte{}, m[2]...), append([]byte("<"), append(m[3], '>')...)...), -1) {
			for i := 0; i+4 <= len(run[1]); i += 4 {
				said.WriteString(letters[font][glyph(run[1][i:i+4])])
			}
		}
		said.WriteByte(' ')
	}
	return said.String()
}
