package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// pictures are the pages that the README shows, as a person of the
// demonstration sees them.
var pictures = []struct {
	name, person, path string
	status             int64
	view               browsertest.View
	height             float64 // in CSS pixels, from the top; 0 is the whole page
}{
	{"home", "demo-clinician", "/", 200, views[0], 2010},
	{"board", "demo-clinician", "/trusts/ZZA", 200, views[0], 0},
	{"chart", "demo-clinician", "/trusts/ZZA/measures/ae-4h", 200, views[0], 1440},
	{"chart-dark", "demo-clinician", "/trusts/ZZA/measures/ae-4h", 200, views[1], 1130},
	{"chart-320", "demo-clinician", "/trusts/ZZA/measures/ae-4h", 200, views[3], 1600},
	{"all-trusts", "demo-clinician", "/measures/ae-4h", 200, views[0], 0},
	{"listing", "demo-improvement-lead", "/plugins/harbour-still-there", 200, views[0], 1640},
	{"adopt", "demo-improvement-lead-b", "/adopt/harbour-still-there?version=1.3.2", 200, views[0], 0},
	{"denied", "demo-clinician", "/trusts/ZZB/measures/demo-falls", 403, views[0], 0},
}

// TestScreenshots writes pictures of the main pages into the folder that
// SIGNALBOX_SCREENSHOTS names. `make screenshots` calls it.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SIGNALBOX_SCREENSHOTS")
	if dir == "" {
		t.Skip("set SIGNALBOX_SCREENSHOTS to a folder, or call make screenshots")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, b := site(t), eyes(t)
	for _, p := range pictures {
		b.Look(t, p.view)
		s.sit(t, b, p.person)
		b.Visit(t, s.address+p.path, p.status)
		if err := os.WriteFile(filepath.Join(dir, p.name+".png"), picture(t, b, p.view.Width, p.height), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// picture takes the page from its top, in few colours: pages of text and lines
// lose nothing by that, and the files are a third of the size.
func picture(t *testing.T, b *browsertest.Browser, width int64, height float64) []byte {
	t.Helper()
	if height == 0 {
		height = browsertest.Eval[float64](t, b, "document.documentElement.scrollHeight")
	}
	beyond := true
	shot, err := chromedp.Call(b.Context(), page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &beyond,
		Clip: &page.Viewport{Width: float64(width), Height: height, Scale: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	full, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		t.Fatal(err)
	}
	few := image.NewPaletted(full.Bounds(), palette(full, 256))
	draw.Draw(few, few.Bounds(), full, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// palette is n colours for a picture: first those that most pixels have and
// that look unlike each other, so that a few orange points stay orange, then
// the most used of the rest. Ties go to the darker one, so that the same page
// gives the same file.
func palette(picture image.Image, n int) color.Palette {
	count := map[color.RGBA]int{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			count[color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var chosen color.Palette
	for _, nearest := range []int{48, 16, 1} { // how far apart in one channel or more
		for _, c := range colours {
			if len(chosen) < n && !slices.ContainsFunc(chosen, func(other color.Color) bool { return apart(c, other.(color.RGBA)) < nearest }) {
				chosen = append(chosen, c)
			}
		}
	}
	return chosen
}

func apart(a, b color.RGBA) int {
	distance := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return max(distance(a.R, b.R), distance(a.G, b.G), distance(a.B, b.B))
}
