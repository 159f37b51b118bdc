package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

func newPluginReplyCommand(cfg *config) *cobra.Command {
	s := signing{cfg: cfg, now: time.Now}
	var contents string
	var r registry.Reply
	cmd := &cobra.Command{
		Use:   "reply PLUGIN VERSION",
		Short: "Answer a question about a release of yours, signed",
		Long: `Reply writes the answer to a question that somebody has asked about a release, signed
with your key. Bring the file on the page of the question: from there it goes to the
hub, and everybody reads it. The page shows the command with all that it needs.`,
		Example: `  signalbox plugin reply waits-median 1.0.0 --contents sha256:9c1e... --question 7QF3M2XKPDRA \
      --publisher bellmere --text "It counts bank staff from 1.1.0 on." > reply.json`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := s.key(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			r.Plugin, r.Version, r.Contents, r.Publisher = args[0], args[1], plugins.Digest(contents), s.publisher
			r.Issued = s.now().UTC().Truncate(time.Second)
			e, err := r.Seal(key)
			if err != nil {
				return badInput(fmt.Errorf("reply about %s %s: %w", r.Plugin, r.Version, err))
			}
			text, err := e.Encode()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	s.flags(cmd)
	cmd.Flags().StringVar(&contents, "contents", "", "the digest of the release that was asked about")
	cmd.Flags().StringVar(&r.Question, "question", "", "the number of the question")
	cmd.Flags().StringVar(&r.Text, "text", "", "your answer")
	for _, name := range []string{"contents", "question", "publisher", "text"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}
