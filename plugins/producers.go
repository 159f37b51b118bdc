package plugins

import (
	"fmt"
	"unicode/utf8"
)

// producersSection is where compilers say who they are, by the tool conventions
// of WebAssembly.
const producersSection = "producers"

// Producer is a tool that a module says it was made with. Anybody may write
// anything there: it is a help for whoever makes the module again, and no proof.
type Producer struct {
	Field   string // language, processed-by, sdk
	Name    string // "Go", "rustc", "clang"
	Version string
}

const mostProducers = 64

// Producers reads which tools a module says it was made with, in its own order.
// Many say nothing, which gives none.
func Producers(module []byte) ([]Producer, error) {
	var all []Producer
	err := sections(module, func(id byte, body []byte) error {
		name, rest := customName(id, body)
		if name != producersSection {
			return nil
		}
		read, err := readProducers(rest)
		all = append(all, read...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("section %s: %w", producersSection, err)
	}
	return all, nil
}

func readProducers(body []byte) ([]Producer, error) {
	var all []Producer
	r := cursor{body}
	fields, err := r.count()
	for i := 0; err == nil && i < fields; i++ {
		var field []byte
		var values int
		if field, err = r.bytes(); err != nil {
			break
		}
		if values, err = r.count(); err != nil {
			break
		}
		for range values {
			var name, version []byte
			if name, err = r.bytes(); err != nil {
				break
			}
			if version, err = r.bytes(); err != nil {
				break
			}
			if len(all) == mostProducers || !utf8.Valid(field) || !utf8.Valid(name) || !utf8.Valid(version) {
				return nil, fmt.Errorf("%w: it names more than %d tools, or none that can be read", errNotCore, mostProducers)
			}
			all = append(all, Producer{string(field), string(name), string(version)})
		}
	}
	return all, err
}
