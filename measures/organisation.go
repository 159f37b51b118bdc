package measures

// OrganisationKind says what sort of organisation a code stands for.
type OrganisationKind string

const (
	Trust             OrganisationKind = "trust"
	ICB               OrganisationKind = "icb"
	Region            OrganisationKind = "region"
	National          OrganisationKind = "national"
	Site              OrganisationKind = "site"
	OtherOrganisation OrganisationKind = "other" // independent providers, for example
)

// England is the organisation that national figures belong to.
const England ODSCode = "ENG"

// Organisation is what is known of an organisation on one day.
type Organisation struct {
	ODS    ODSCode
	Name   string // on that day
	Kind   OrganisationKind
	ICB    OrganisationRef // on that day; empty if unknown
	Region OrganisationRef // on that day; empty if unknown
	Opened Date            // zero if unknown
	Closed Date            // the first day it no longer existed; zero if it does
	Names  []OrganisationName
	// Predecessors became part of this one; Successors took this one over,
	// several if it was divided.
	Predecessors []Succession
	Successors   []Succession
}

// ClosedOn reports whether the organisation no longer existed on a day.
func (o *Organisation) ClosedOn(d Date) bool { return o.Closed != 0 && d >= o.Closed }

// OrganisationRef names an organisation in passing.
type OrganisationRef struct {
	ODS  ODSCode
	Name string
	Kind OrganisationKind
}

// OrganisationName is a name and the days it was seen in use; zero is unknown.
type OrganisationName struct {
	Name     string
	From, To Date
	Source   string
}

// Succession says who took over from whom, when, and how we know.
type Succession struct {
	Other OrganisationRef // the predecessor or the successor
	From  Date
	Basis string
	Note  string
}
