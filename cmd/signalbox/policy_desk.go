package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/bundle"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// drafter is one person who acts on the policy of one organisation.
type drafter struct {
	*house
	owner measures.ODSCode
	actor policy.Actor
}

// deskFlags are those of every command that acts at the desk.
type deskFlags struct{ as, author, format string }

func (f *deskFlags) add(command *cobra.Command) {
	command.Flags().StringVar(&f.as, "as", "", "the organisation whose policy it is, by its ODS code (required)")
	command.Flags().StringVar(&f.author, "author", "", "the id of the person who acts, one of its governance team (required)")
	command.Flags().StringVar(&f.format, "format", "text", "text or json")
	_ = command.MarkFlagRequired("as")
	_ = command.MarkFlagRequired("author")
}

// open starts what is needed, and finds out who acts. They act as they could at
// the page, with the roles that they have now; the policy decides whether they may.
func (f *deskFlags) open(ctx context.Context, cfg *config) (*drafter, error) {
	if err := textOrJSON(f.format); err != nil {
		return nil, err
	}
	owner := measures.ODSCode(f.as)
	if !owner.Valid() || owner == policy.Everyone {
		return nil, badInput(fmt.Errorf("--as %q is no ODS code of one organisation", f.as))
	}
	settings, err := cfg.identity()
	if err != nil {
		return nil, badInput(err)
	}
	mapping := ""
	if settings != nil {
		mapping = settings.MappingDigest()
	}
	h, err := open(ctx, cfg, false, quiet())
	if err != nil {
		return nil, err
	}
	actor, err := acting(ctx, h.db, f.author, owner, mapping)
	if err == nil {
		err = h.policies.Refresh(ctx) // what is live is what a draft is compared with
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return &drafter{h, owner, actor}, nil
}

// acting is a person with all roles that they have at one organisation, come for
// its governance. Whoever runs this program can reach the database anyway, so no
// sign-in is asked for; the record names the person, and an assurance of aal1.
func acting(ctx context.Context, db *postgres.DB, id string, owner measures.ODSCode, mapping string) (policy.Actor, error) {
	person, err := db.Person(ctx, id)
	if err != nil {
		return policy.Actor{}, badInput(fmt.Errorf("--author %s: %w; the id stands on the person's account page", id, err))
	}
	posts, err := db.Posts(ctx, id, mapping)
	if err != nil {
		return policy.Actor{}, err
	}
	actor := policy.Actor{ID: person.ID, Name: person.Name, ODS: owner, Orgs: []measures.ODSCode{owner}, Purpose: "governance",
		Assurance: "aal1", TrainedOn: person.TrainedOn}
	for _, post := range posts {
		if post.ODS == owner {
			actor.Roles = append(actor.Roles, post.Role)
		}
	}
	if len(actor.Roles) == 0 {
		return policy.Actor{}, badInput(fmt.Errorf("%s has no role at %s; its governance team can give one, on the page People", id, owner))
	}
	return actor, nil
}

func newPolicyImpactCommand(cfg *config) *cobra.Command {
	var flags deskFlags
	var days int
	command := &cobra.Command{
		Use:   "impact DIR --as ODS --author ID",
		Short: "See what a policy would change",
		Long: `Impact asks the decisions of the last days again, of the policy that is live and of
the one in DIR, and questions that nobody has asked yet. It prints what would be
answered otherwise: what would be allowed first, then wider, denied and narrower,
with the rows that would be gained or lost. Looking is decided on and recorded.`,
		Example: `  signalbox policy impact policies/RQW --as RQW --author 7f3a --days 30`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if days < 1 || days > 366 {
				return badInput(fmt.Errorf("--days is %d; it may be from 1 to 366", days))
			}
			modules, err := policyModules(args)
			if err != nil {
				return err
			}
			d, err := flags.open(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer d.close()
			impact, err := d.policies.Preview(cmd.Context(), d.actor, d.owner, modules, days)
			if err != nil {
				return inWords(err)
			}
			return printImpact(cmd.OutOrStdout(), flags.format, impact)
		},
	}
	flags.add(command)
	command.Flags().IntVar(&days, "days", governing.ImpactDays, "how many days of decisions are asked again")
	return command
}

func newPolicyPublishCommand(cfg *config) *cobra.Command {
	var flags deskFlags
	var effective, title string
	var trusted []string
	command := &cobra.Command{
		Use:   "publish DIR|BUNDLE.tar.gz --as ODS --author ID",
		Short: "Propose a policy for approval",
		Long: `Publish saves a policy as a draft of the organisation, examines it, foresees what
it would change and proposes it. It is live once two people of the governance team
who have not written it have approved it at the desk, and not before --effective.

A bundle is an OPA bundle that is signed with Ed25519 by one of the keys named with
--trusted. Bundles that are not signed, or hold only what differs, are refused.`,
		Example: `  signalbox policy publish policies/RQW --as RQW --author 7f3a
  signalbox policy publish RQW.tar.gz --trusted team.pem --as RQW --author 7f3a --effective 2027-04-01T08:00:00+01:00`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var from time.Time
			if effective != "" {
				var err error
				if from, err = time.Parse(time.RFC3339, effective); err != nil {
					return badInput(fmt.Errorf("--effective %q: write it like 2027-04-01T08:00:00Z", effective))
				}
			}
			modules, source, err := readPolicy(args[0], trusted)
			if err != nil {
				return err
			}
			if title == "" {
				title = source
			}
			d, err := flags.open(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer d.close()
			return d.publish(cmd, flags.format, postgres.PolicyVersion{Owner: d.owner, Title: title, Files: modules}, from)
		},
	}
	flags.add(command)
	command.Flags().StringVar(&effective, "effective", "", "when it is live at the earliest (by default, as soon as two have approved)")
	command.Flags().StringVar(&title, "title", "", "what the draft is for, as its approvers read it")
	command.Flags().StringSliceVar(&trusted, "trusted", nil, "file of a public key in PEM whose bundles are taken; may be given again")
	return command
}

// publish saves, examines, foresees and proposes.
func (d *drafter) publish(cmd *cobra.Command, format string, v postgres.PolicyVersion, from time.Time) error {
	ctx := cmd.Context()
	saved, report, err := d.policies.Save(ctx, d.actor, v)
	if err != nil {
		return inWords(err)
	}
	if !report.Sound() {
		printReport(cmd, report)
		return fmt.Errorf("%w; it is kept as draft %d, and not proposed", unsound(report), saved.Draft)
	}
	dossier, err := d.policies.Dossier(ctx, d.owner, saved.Draft)
	if err != nil {
		return err
	}
	impact, err := d.policies.Foresee(ctx, d.actor, dossier)
	if err != nil {
		return inWords(err)
	}
	if dossier, err = d.policies.Dossier(ctx, d.owner, saved.Draft); err != nil {
		return err
	}
	if err := d.policies.Propose(ctx, d.actor, dossier, from); err != nil {
		return inWords(err)
	}
	if format == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"draft": saved.Draft, "digest": saved.Digest, "report": report, "impact": impact.Impact})
	}
	if err := printImpact(cmd.OutOrStdout(), format, impact.Impact); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Proposed as draft %d, %s. %d people who have not written it have to approve it at the desk.\n",
		saved.Draft, saved.Digest, governing.Approvals)
	return err
}

// readPolicy reads a folder or a signed bundle, and says where it comes from.
func readPolicy(path string, trusted []string) (modules []policy.Module, source string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, "", badInput(err)
	case info.IsDir():
		modules, err = policyModules([]string{path})
		return modules, "From the folder " + filepath.Base(path), err
	}
	keys := bundle.Keys{}
	for _, file := range trusted {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, "", badInput(fmt.Errorf("--trusted: %w", err))
		}
		key, err := bundle.ParseKey(text)
		if err != nil {
			return nil, "", badInput(fmt.Errorf("--trusted %s: %w", file, err))
		}
		keys[strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))] = key
	}
	packed, err := os.Open(path)
	if err != nil {
		return nil, "", badInput(err)
	}
	defer packed.Close()
	modules, signer, err := bundle.Read(packed, keys)
	if err != nil {
		return nil, "", badInput(fmt.Errorf("%s: %w", path, err))
	}
	return modules, "From a bundle signed by " + signer, nil
}

func newPolicyRollbackCommand(cfg *config) *cobra.Command {
	var flags deskFlags
	var to int
	var reason string
	command := &cobra.Command{
		Use:   "rollback --as ODS --author ID --to REVISION",
		Short: "Make an earlier revision the live one again, at once",
		Long: `Rollback makes a revision live again that has been live before: two people have
approved it then. 0 is the national baseline alone. Whatever was to become live
later is taken back with it.`,
		Example: `  signalbox policy rollback --as RQW --author 7f3a --to 3 --reason "Shows too much"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := flags.open(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer d.close()
			if err := d.policies.RollBack(cmd.Context(), d.actor, d.owner, to, reason); err != nil {
				return inWords(err)
			}
			if flags.format == "json" {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"owner": d.owner, "revision": to})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Revision %d of %s is live again.\n", to, d.owner)
			return err
		},
	}
	flags.add(command)
	command.Flags().IntVar(&to, "to", 0, "the revision; 0 is the national baseline alone (required)")
	command.Flags().StringVar(&reason, "reason", "", "why, for those who read the history")
	_ = command.MarkFlagRequired("to")
	return command
}

// inWords gives a denial with who can help, and what is the caller's to mend as
// such.
func inWords(err error) error {
	var misfit *governing.Misfit
	var denial *policy.Denial
	switch {
	case errors.As(err, &denial) && len(denial.Record.Decision().Reasons) > 0:
		return fmt.Errorf("%w. %s", err, denial.Record.Decision().Reasons[0].Help)
	case errors.As(err, &misfit):
		return badInput(err)
	}
	return err
}

// printImpact writes one line for each group of changes.
func printImpact(w io.Writer, format string, impact candidate.Impact) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(impact)
	}
	fmt.Fprintf(w, "%d recorded decisions asked again: %d answered the same.\n", impact.Replayed, impact.Same)
	printChanged(w, impact.Changed)
	fmt.Fprintf(w, "%d questions that nobody has asked yet: %d kinds of them answered otherwise.\n", impact.Generated, len(impact.ChangedGenerated))
	printChanged(w, impact.ChangedGenerated)
	return nil
}

func printChanged(w io.Writer, changed []candidate.Changed) {
	words := map[candidate.Direction]string{candidate.NowAllowed: "allowed", candidate.NowWider: "wider", candidate.NowDenied: "denied", candidate.Narrower: "narrower"}
	const most = 40 // lines that somebody reads; --format json has them all
	for i, c := range changed {
		if i == most {
			fmt.Fprintf(w, "  and %d more; --format json lists them all\n", len(changed)-most)
			return
		}
		in := c.Before.Input
		org := "no organisation"
		if in.Subject.ODS != nil {
			org = string(*in.Subject.ODS)
		}
		roles := make([]string, len(in.Subject.Roles))
		for i, role := range in.Subject.Roles {
			roles[i] = string(role)
		}
		line := fmt.Sprintf("  %-8s %6d times  %s of %s at %s by %s of %s for %s", words[c.Direction], c.Times, in.Action, in.Resource.Dataset,
			in.Resource.ODS, strings.Join(roles, ", "), org, in.Subject.Purpose)
		if len(c.Reasons) > 0 {
			line += ": " + c.Reasons[0].Code
		}
		if c.Rows != nil {
			line += fmt.Sprintf(" (%+d rows)", *c.Rows)
		}
		fmt.Fprintln(w, line)
	}
}
