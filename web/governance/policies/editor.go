package policies

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
	"github.com/signalbox-health/signalbox/web/layout"
)

// maxForm is the most that the form of an editor may send: a policy of the most
// bytes, each written as %xx, and its names.
const maxForm = 1 << 20

// editorView is a draft as its author writes it. It is a form of one text area a
// file, complete without scripts; with them it checks while its author types.
type editorView struct {
	*visit
	draft, version, base int
	title                string
	files                []policy.Module
	report               *candidate.Report // of these files as they stand in the form; nil: not checked
	saved                bool              // what stands in the form is what is kept
	formatted            bool              // they have just been formatted
	proposed             bool              // saving makes approvals void
	faults               []layout.Fault
}

func (v *editorView) action() string {
	if v.draft == 0 {
		return addressOf(v.owner) + "/drafts"
	}
	return draftAddress(v.owner, v.draft) + "/edit"
}

// NewDraft begins a draft: from the live policy, or from the template where there
// is none. Nothing is kept until its author saves it.
func (p *Pages) NewDraft(w http.ResponseWriter, r *http.Request) error {
	entered, err := p.enter(r, "A new draft", true)
	if err != nil {
		return err
	}
	v := &editorView{visit: entered}
	if v.base, v.files, err = p.begin(entered); err != nil {
		return err
	}
	return p.write(w, r, v)
}

// Edit shows the newest version of a draft, and what its check has found.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	entered, d, err := p.openDraft(r)
	if err != nil {
		return err
	}
	v := &editorView{visit: entered, draft: d.Draft, version: d.Version, base: d.Base, title: d.Title, files: d.Files, report: d.Report,
		saved: true, proposed: d.Open()}
	return p.write(w, r, v)
}

func published(d *governing.Dossier) error {
	return &layout.Trouble{Status: http.StatusConflict, Title: "This draft has been published",
		Text: "It is revision " + strconv.Itoa(d.Revision) + " now, and revisions do not change.", Help: "Begin a new draft from the page of the policy."}
}

func (p *Pages) write(w http.ResponseWriter, r *http.Request, v *editorView) error {
	v.page.Title = "A new draft"
	if v.draft > 0 {
		v.page.Title = "Edit draft " + strconv.Itoa(v.draft)
		v.page.Crumbs = append(v.page.Crumbs, layout.Crumb{Name: "Draft " + strconv.Itoa(v.draft), URL: draftAddress(v.owner, v.draft)})
	}
	v.page.Scripts = []string{"policy.js"}
	if len(v.faults) > 0 {
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	return editorPage(v).Render(r.Context(), w)
}

// Write takes the form of the editor: it saves and checks, adds or takes away a
// file, or formats what stands there. Only saving keeps anything.
func (p *Pages) Write(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	entered, err := p.enter(r, "", true)
	if err != nil {
		return err
	}
	v, do, err := readForm(r, entered)
	if err != nil {
		return err
	}
	if v.draft > 0 {
		d, err := p.dossier(r, entered)
		switch {
		case err != nil:
			return err
		case d.Revision > 0:
			return published(d)
		}
		v.base, v.proposed = d.Base, d.Open()
	} else {
		live, _ := p.Policies.InForce(v.owner)
		v.base = live.Revision
	}
	switch what, which, _ := strings.Cut(do, " "); what {
	case "add":
		v.files = append(v.files, policy.Module{Name: v.freeName(), Source: "package signalbox.trusts." + string(v.owner) + "\n"})
	case "remove":
		v.files = slices.DeleteFunc(v.files, func(m policy.Module) bool { return m.Name == which })
	case "format":
		return p.format(w, r, v)
	default:
		return p.save(w, r, v)
	}
	return p.write(w, r, v)
}

func (p *Pages) save(w http.ResponseWriter, r *http.Request, v *editorView) error {
	kept, report, err := p.Policies.Save(r.Context(), v.actor, postgres.PolicyVersion{Owner: v.owner, Draft: v.draft, Version: v.version,
		Base: v.base, Title: v.title, Files: v.files})
	if v.faults, err = mended(benchTrouble(err), "file-1"); err != nil {
		return err
	}
	if len(v.faults) > 0 {
		return p.write(w, r, v)
	}
	to := draftAddress(v.owner, kept.Draft)
	if !report.Sound() || r.PostFormValue("do") == "check" {
		to += "/edit#findings"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// format writes the files as they would be formatted; they are saved when their
// author has looked at them.
func (p *Pages) format(w http.ResponseWriter, r *http.Request, v *editorView) error {
	report, err := p.Policies.Bench.Check(r.Context(), v.owner, v.files)
	if v.faults, err = mended(benchTrouble(err), "file-1"); err != nil {
		return err
	}
	v.report = &report
	for _, m := range report.Formatted {
		if i := slices.IndexFunc(v.files, func(o policy.Module) bool { return o.Name == m.Name }); i >= 0 {
			v.formatted = v.formatted || v.files[i].Source != m.Source
			v.files[i] = m
		}
	}
	return p.write(w, r, v)
}

// Check says what is found in what stands in the form, as a part of a page: for
// the script of the editor. It keeps nothing, so it is decided on and not recorded.
func (p *Pages) Check(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	entered, err := p.enter(r, "", true)
	if err != nil {
		return err
	}
	v, _, err := readForm(r, entered)
	if err != nil {
		return err
	}
	report, err := p.Policies.Bench.Check(r.Context(), v.owner, v.files)
	if v.faults, err = mended(benchTrouble(err), "file-1"); err != nil {
		return err
	}
	v.report = &report
	if len(v.faults) > 0 { // too many at once: the page keeps what it has
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	return findingsPart(v).Render(r.Context(), w)
}

// benchTrouble says in words what keeps a policy from being looked at.
func benchTrouble(err error) error {
	switch {
	case errors.Is(err, candidate.ErrBusy):
		return fmt.Errorf("%w: other policies are being looked at just now. What you wrote is safe: try again in a minute", governing.ErrNotReady)
	case errors.Is(err, policy.ErrBadPolicy):
		return fmt.Errorf("%w: the draft could not be asked: %v", governing.ErrNotReady, err)
	}
	return err
}

// readForm reads what the editor sends: file-1, name-1, file-2 and so on.
func readForm(r *http.Request, entered *visit) (v *editorView, do string, err error) {
	if err := r.ParseForm(); err != nil {
		return nil, "", &layout.Trouble{Status: http.StatusRequestEntityTooLarge, Title: "The draft could not be read",
			Text: "What was sent is larger than a policy may be, or did not come whole.", Help: "A policy has 256 KiB at most, in 64 files."}
	}
	v = &editorView{visit: entered, title: strings.TrimSpace(r.PostForm.Get("title"))}
	v.draft, _ = strconv.Atoi(r.PathValue("draft"))
	v.version, _ = strconv.Atoi(r.PostForm.Get("version"))
	v.files = filesOf(r.PostForm)
	return v, r.PostForm.Get("do"), nil
}

func filesOf(form url.Values) (files []policy.Module) {
	for i := 1; i <= 2*policy.MaxFiles && form.Has("file-"+strconv.Itoa(i)); i++ {
		name := strings.TrimSpace(form.Get("name-" + strconv.Itoa(i)))
		// Browsers send line ends as the mail does; a policy has one way to write them.
		source := strings.ReplaceAll(form.Get("file-"+strconv.Itoa(i)), "\r\n", "\n")
		if source != "" && !strings.HasSuffix(source, "\n") {
			source += "\n"
		}
		files = append(files, policy.Module{Name: name, Source: source})
	}
	return files
}

// freeName is a name that no file has yet.
func (v *editorView) freeName() string {
	for i := 1; ; i++ {
		name := "rules_" + strconv.Itoa(i) + ".rego"
		if !slices.ContainsFunc(v.files, func(m policy.Module) bool { return m.Name == name }) {
			return name
		}
	}
}

// findingsOf are those about one file; of the policy as a whole, if name is empty.
func (v *editorView) findingsOf(name string) (list []candidate.Finding) {
	if v.report == nil {
		return nil
	}
	known := func(file string) bool {
		return slices.ContainsFunc(v.files, func(m policy.Module) bool { return m.Name == file })
	}
	for _, f := range v.report.Findings {
		if f.File == name || name == "" && !known(f.File) {
			list = append(list, f)
		}
	}
	return list
}

// unformatted reports whether a file would be written otherwise.
func (v *editorView) unformatted() bool {
	if v.report == nil {
		return false
	}
	return slices.ContainsFunc(v.report.Formatted, func(m policy.Module) bool {
		return slices.ContainsFunc(v.files, func(o policy.Module) bool { return o.Name == m.Name && o.Source != m.Source })
	})
}

// number is the place of a file in the form, from 1.
func (v *editorView) number(name string) string {
	return strconv.Itoa(1 + slices.IndexFunc(v.files, func(m policy.Module) bool { return m.Name == name }))
}

// rows is how high the text area of a file is.
func rows(source string) int { return min(max(strings.Count(source, "\n")+2, 6), 32) }

// placed reports the number of the file and the line that "file:line" names.
func (v *editorView) placed(place string) (file, line string, known bool) {
	name, line, _ := strings.Cut(place, ":")
	known = slices.ContainsFunc(v.files, func(m policy.Module) bool { return m.Name == name })
	return v.number(name), line, known
}

func findingWord(f candidate.Finding) string {
	if f.Severity == candidate.Fault {
		return "To put right:"
	}
	return "Look again:"
}
