package plugins

import (
	"slices"
	"testing"
)

// says gives a module whose producers section has a body.
func says(body string) []byte {
	section := append(appendLEB(nil, uint64(len(producersSection))), producersSection...)
	return appendSection([]byte(wasmHeader), customSection, append(section, body...))
}

func TestModuleSaysWhatItWasMadeWith(t *testing.T) {
	module := says("\x02\x08language\x01\x04Rust\x042021\x0cprocessed-by\x02\x05rustc\x061.63.0\x05clang\x0214")
	want := []Producer{{"language", "Rust", "2021"}, {"processed-by", "rustc", "1.63.0"}, {"processed-by", "clang", "14"}}
	if got, err := Producers(module); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := Producers([]byte(wasmHeader)); err != nil || len(got) != 0 {
		t.Errorf("a module that says nothing: %v %v", got, err)
	}
}

func FuzzProducers(f *testing.F) {
	f.Add("\x01\x08language\x01\x02Go\x041.26")
	f.Add("\xff\xff\xff\xff\x0f")
	f.Fuzz(func(t *testing.T, body string) {
		if got, err := Producers(says(body)); err == nil && len(got) > mostProducers {
			t.Fatal(len(got))
		}
	})
}
