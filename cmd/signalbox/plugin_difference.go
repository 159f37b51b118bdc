package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// differs says where an answer is not what the author expects.
func (want *caseFile) differs(got *wire.Answer) string {
	if want.Declined != nil {
		switch {
		case got.Status == wire.OK:
			return "it was answered, and should have been declined"
		case *want.Declined != "" && *want.Declined != got.Message:
			return fmt.Sprintf("it was declined with %q, expected was %q", got.Message, *want.Declined)
		}
		return ""
	}
	if got.Status != wire.OK {
		return fmt.Sprintf("it was declined: %s", got.Message)
	}
	charts, err := chartsAsJSON(got.Charts)
	if err != nil {
		return err.Error()
	}
	return differenceIn(any(want.Charts), any(charts), "")
}

// chartsAsJSON gives charts as a program reads them.
func chartsAsJSON(list []measures.Chart) ([]any, error) {
	items := make([]export.Item, len(list))
	for i := range list {
		items[i].Chart = &list[i]
	}
	var text bytes.Buffer
	if err := export.JSON(&text, items...); err != nil {
		return nil, err
	}
	var document struct {
		Charts []any `json:"charts"`
	}
	err := json.Unmarshal(text.Bytes(), &document)
	return document.Charts, err
}

// differenceIn says where what is given in want is not in got. Numbers may differ
// by a billionth: few people work things out to the last bit.
func differenceIn(want, got any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, expected %v", at, got, want)
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			value, there := object[key]
			if !there {
				return fmt.Sprintf("%s has no %s; there are %s", orTop(at), key, strings.Join(slices.Sorted(maps.Keys(object)), ", "))
			}
			if d := differenceIn(want[key], value, strings.TrimPrefix(at+", "+key, ", ")); d != "" {
				return d
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s: %d of them, expected %d", orTop(at), len(list), len(want))
		}
		for i := range want {
			if d := differenceIn(want[i], list[i], element(at, list[i], i)); d != "" {
				return d
			}
		}
		return ""
	case float64:
		if number, ok := got.(float64); ok && check.Alike(number, want) {
			return ""
		}
	default:
		if want == got {
			return ""
		}
	}
	return fmt.Sprintf("%s is %v, expected %v", at, jsonText(got), jsonText(want))
}

func orTop(at string) string {
	if at == "" {
		return "charts"
	}
	return at
}

// element names one of a list: a point by its x, anything else by its number.
func element(at string, v any, i int) string {
	if object, ok := v.(map[string]any); ok && object["x"] != nil {
		return fmt.Sprintf("x %v", object["x"])
	}
	if at == "" {
		return fmt.Sprintf("chart %d", i+1)
	}
	return fmt.Sprintf("%s %d", at, i+1)
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // it came from JSON
	return string(text)
}
