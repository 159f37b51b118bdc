package plot

import (
	"strings"
	"unicode/utf8"
)

// widths are the advance widths of Helvetica, to which Arial and Liberation
// Sans are metrically equal, for the characters from space to tilde, in
// thousandths of the font size (Adobe font metrics for Helvetica).
var widths = [...]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// bold is how much wider bold text is, taken generously.
const bold = 1.13

// textWidth is the width of text at a font size. It decides whether a label
// has room, so it may be a little too wide but not too narrow.
func textWidth(text string, em float64) float64 {
	var sum int
	for _, r := range text {
		switch i := int(r) - ' '; {
		case i >= 0 && i < len(widths):
			sum += int(widths[i])
		case r == '…', r == '—':
			sum += 1000
		default:
			sum += 600
		}
	}
	return float64(sum) * em / 1000
}

// cut shortens text to at most so many letters, at a space where it can.
func cut(text string, letters int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= letters {
		return text
	}
	runes := []rune(text)
	short := string(runes[:letters-1])
	if i := strings.LastIndexByte(short, ' '); i > letters/2 && runes[letters-1] != ' ' {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,.;:–-") + "…"
}
