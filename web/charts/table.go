package charts

// sortWord tells assistive software which way a column is sorted.
func sortWord(h head) string {
	if h.class == "r" {
		return "descending"
	}
	return "ascending"
}

func sortMark(h head) string {
	if h.class == "r" {
		return " ▾"
	}
	return " ▴"
}

// heads of a table whose rows are measures.
func measureHeads() []head {
	return []head{{text: "Measure"}, {text: "36 months"}, {text: "Latest", class: "r"}, {text: "Centre and limits", class: "r"},
		{text: "Variation"}, {text: "Target"}, {text: "In words"}}
}

// heads of a table whose rows are trusts, sorted by links.
func (e everyone) heads() []head {
	heads := []head{{text: "Trust"}, {text: "36 months"}, {text: "Latest", class: "r"}, {text: "Centre and limits", class: "r"},
		{text: "Variation"}, {text: "Target"}, {text: "In words"}}
	for column, order := range map[int]string{0: "name", 2: "latest", 4: "variation", 5: "assurance"} {
		heads[column].href, heads[column].sorted = e.href(order), e.filter.Sort == order
	}
	if e.target != "" {
		heads[5].text = "Target: " + e.target
	}
	return heads
}
