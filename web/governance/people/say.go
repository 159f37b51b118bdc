package people

import (
	"strconv"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// organisation is the name of the organisation, beside that of the person.
func (v invited) organisation() string { return v.at.name }

// receivedLine is one role as a provider named it.
func receivedLine(got postgres.Received) string {
	line := got.Name
	if line == "" {
		line = "No role was named"
	}
	line += ", at " + string(got.ODS)
	if got.Role == "" {
		line += ": gives nothing here"
	}
	return line + "."
}

func sessionsLine(n int) string {
	switch n {
	case 0:
		return "None is open."
	case 1:
		return "One is open."
	}
	return strconv.Itoa(n) + " are open."
}

func passkeysLine(n int) string {
	if n == 0 {
		return "No passkey yet: the invitation was not used."
	}
	return "Has a passkey. If it is lost, only an operator makes a new link: whoever opens it could act as this person."
}
