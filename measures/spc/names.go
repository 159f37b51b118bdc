package spc

var (
	ratioNames     = []string{"proportion", "standardised", "rate"}
	transformNames = []string{"sqrt", "log"}
)

func (r Ratio) String() string     { return nameOf(ratioNames, int(r)) }
func (t Transform) String() string { return nameOf(transformNames, int(t)) }

// UnmarshalText reads the name of a ratio: proportion, standardised or rate.
func (r *Ratio) UnmarshalText(text []byte) error {
	i, err := indexOf("ratio", ratioNames, string(text))
	*r = Ratio(i)
	return err
}

// UnmarshalText reads the name of a transform: sqrt or log.
func (t *Transform) UnmarshalText(text []byte) error {
	i, err := indexOf("transform", transformNames, string(text))
	*t = Transform(i)
	return err
}

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

func indexOf(what string, names []string, text string) (int, error) {
	list := ""
	for i, name := range names {
		if name == text {
			return i, nil
		}
		if i > 0 {
			list += ", "
		}
		list += name
	}
	return 0, bad(text + " is no " + what + "; known are " + list)
}
