package provider

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestExamplesAreInOrderAndCoverBothKinds(t *testing.T) {
	for _, name := range Examples() {
		text, err := Example(name)
		if err != nil {
			t.Fatal(err)
		}
		m, digest, err := ReadMapping(text, roles(t))
		if err != nil || len(digest) != 71 || m.About == "" {
			t.Errorf("%s: %v, digest %q", name, err, digest)
		}
	}
	if _, err := Example("../settings"); err == nil {
		t.Error("a name with a path gave a file")
	}
}

func TestMappingsThatWouldGoWrongUnnoticedAreRefused(t *testing.T) {
	const sound = `{"about": "", "subject": ["sub"], "name": ["name"], "assurance": {}, "listed": [], "selected": "",
		"table": [{"when": {"groups": "g"}, "organisation": "RAA", "role": "clinician", "role_name": ""}]}`
	if _, _, err := ReadMapping([]byte(sound), roles(t)); err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct{ old, with, says string }{
		{`"role": "clinician"`, `"role": "clinican"`, "not known here"},
		{`{"groups": "g"}`, `{}`, "everybody would be given"},
		{`{"groups": "g"}`, `{"groups": ""}`, "without claim or value"},
		{`"RAA"`, `"raa"`, "no ODS code"},
		{`"RAA"`, `"ENG"`, "all organisations"},
		{`["sub"]`, `[]`, "subject is empty"},
		{`["name"]`, `[]`, "name is empty"},
		{`"assurance": {}`, `"assurance": {"default": "high"}`, "none of"},
		{`"assurance": {}`, `"assurance": {"claim": "c", "values": {"3": "three"}}`, "none of"},
		{`"selected": ""`, `"seleced": ""`, "unknown field"},
		{`"listed": []`, `"listed": [{"claim": "r", "organisation": "o", "role": "code", "roles": {}}]`, "only one of them"},
		{`"listed": []`, `"listed": [{"claim": "", "organisation": "o"}]`, "have to be named"},
		{`"listed": []`, `"listed": [{"claim": "r", "organisation": "o", "role": "code", "roles": {"R1": "king"}}]`, "not known here"},
		{`"table": [`, `"table": [null, `, "no condition"},
		{sound, sound + `{}`, "after its end"},
	} {
		text := strings.Replace(sound, change.old, change.with, 1)
		if _, _, err := ReadMapping([]byte(text), roles(t)); err == nil || !strings.Contains(err.Error(), change.says) {
			t.Errorf("%s: %v, want it to say %q", change.with, err, change.says)
		}
	}
}

func TestUnknownRolesAndGroupsGiveNothingButAreTold(t *testing.T) {
	text, _ := Example("cis2")
	m, _, err := ReadMapping(text, roles(t))
	if err != nil {
		t.Fatal(err)
	}
	id, err := m.Identity(map[string]any{"nhsid_useruid": "1", "name": "Ada\x00 Example", "idassurancelevel": json.Number("9"),
		"nhsid_nrbac_roles": []any{map[string]any{"org_code": "RAA", "role_code": "S1:G1:R1", "role_name": "Porter"}, "rubbish", nil}})
	if err != nil || len(id.Posts) != 0 || len(id.Received) != 1 || id.Received[0].Name != "Porter" || id.Assurance != "aal1" || id.Name != "Ada Example" {
		t.Errorf("%+v %v", id, err)
	}
	text, _ = Example("entra")
	m, _, _ = ReadMapping(text, roles(t))
	id, err = m.Identity(map[string]any{"tid": "another tenant", "oid": "1", "name": "Eve",
		"groups": []any{"00000000-0000-4000-8000-00000000000a"}, "_claim_names": map[string]any{"groups": "src1"}})
	if err != nil || len(id.Posts) != 0 || !id.CutShort {
		t.Errorf("%+v %v: the same group of another tenant is another group", id, err)
	}
	one, _ := m.Identity(map[string]any{"tid": "a|b", "oid": "c", "name": "x"})
	two, _ := m.Identity(map[string]any{"tid": "a", "oid": "b|c", "name": "x"})
	if one.Subject == two.Subject {
		t.Error("two people share a subject")
	}
}

func TestSettingsThatAreNotSafeAreRefused(t *testing.T) {
	const sound = `{"name": "T", "issuer": "https://id.example", "client_id": "c", "client_secret_file": "", "scopes": ["openid"], "user_info": false, "acr_values": "", "mapping": "entra"}`
	dir := t.TempDir()
	read := func(text string) error {
		path := filepath.Join(dir, "identity.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadSettings(path, roles(t))
		return err
	}
	if err := read(sound); err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct{ old, with, says string }{
		{"https://id.example", "http://id.example", "not https"},
		{"https://id.example", "https://user:word@id.example", "no web address"},
		{"https://id.example", "", "no web address"},
		{`["openid"]`, `["profile"]`, "openid"},
		{`"client_id": "c"`, `"client_id": ""`, "have to be there"},
		{`"client_secret_file": ""`, `"client_secret_file": "nowhere"`, "client_secret_file"},
		{`"mapping": "entra"`, `"mapping": "nothing.json"`, "none of"},
		{`"name": "T"`, `"nam": "T"`, "unknown field"},
	} {
		if err := read(strings.Replace(sound, change.old, change.with, 1)); err == nil || !strings.Contains(err.Error(), change.says) {
			t.Errorf("%s: %v, want it to say %q", change.with, err, change.says)
		}
	}
}

func FuzzReadMapping(f *testing.F) {
	for _, name := range Examples() {
		text, _ := Example(name)
		f.Add(text)
	}
	f.Add([]byte(`{"subject":["a"],"name":["a"],"table":[{"when":{"a":"b"},"organisation":"RAA","role":"clinician"}]}`))
	known := roles(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		m, _, err := ReadMapping(text, known)
		if err != nil {
			return
		}
		// A mapping that was accepted gives nobody a role for nothing.
		if id, err := m.Identity(map[string]any{}); err == nil {
			t.Errorf("without any claim there is %+v", id)
		}
	})
}

func FuzzIdentity(f *testing.F) {
	f.Add([]byte(`{"nhsid_useruid":"1","name":"A","nhsid_nrbac_roles":[{"org_code":"RAA","role_code":"S:G:R8000","person_roleid":"1"}]}`))
	f.Add([]byte(`{"nhsid_useruid":"1","name":"A","nhsid_nrbac_roles":{"org_code":"RAA"},"nhsid_user_orgs":[[]]}`))
	text, _ := Example("cis2")
	known := roles(f)
	m, _, err := ReadMapping(text, known)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		claims := map[string]any{}
		if decodeClaims(func(v any) error { return json.Unmarshal(text, v) }, claims) != nil {
			return
		}
		id, err := m.Identity(claims)
		if err != nil {
			return
		}
		for _, p := range id.Posts {
			if !p.ODS.Valid() || p.ODS == "ENG" || p.Role != "clinician" {
				t.Errorf("post %+v", p)
			}
			if !slices.ContainsFunc(id.Received, func(r Received) bool { return r.ODS == p.ODS && r.Role == p.Role }) && len(id.Received) < mostListed {
				t.Errorf("post %+v was not received", p)
			}
		}
		if len([]rune(id.Name)) > mostText || id.Name == "" {
			t.Errorf("name %q", id.Name)
		}
	})
}
