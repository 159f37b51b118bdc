package intake

import "testing"

func TestOwnWordsMustNotSayWhoAPatientIs(t *testing.T) {
	for text, want := range map[string]string{
		"We copied their bundle in May 2026 and want to see whether the gain lasted.": "",
		"Ward 12 had 40 falls in 2025/26, against 31 the year before (22% fewer).":    "",
		"Ask RQW or 01234 567890, extension 4411.":                                    "",
		"Since 1 May 2026, for the board's meeting of June.":                          "",
		"Per 1,000 bed days, v1.2 of the definition.":                                 "",
		"":                                     "",
		"The lady 943 476 5919 fell.":          "an NHS number",
		"9434765919":                           "an NHS number",
		"She lives in CM20 1QX, by the canal.": "a full postcode",
		"DOB 3 April 1952":                     "a date of birth",
		"Born on 03/04/1952 in the town.":      "a date of birth",
		"Mrs H. (3.4.52) fell twice":           "a date of birth",
		"fell; 1952-04-03.":                    "a date of birth",
	} {
		if got := Personal(text); got != want {
			t.Errorf("Personal(%q) is %q, want %q", text, got, want)
		}
	}
}

func FuzzOwnWords(f *testing.F) {
	for _, seed := range []string{"", "943 476 5919", "3.4.52", "CM20 1QX", "--//..", "١/٢/٣", "1/1/1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Nothing that is added before or after hides what is there.
		if what := Personal(text); what == "an NHS number" && Personal("He is "+text) == "" {
			t.Errorf("%q holds %s, and not with words before it", text, what)
		}
	})
}
