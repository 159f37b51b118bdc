package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

func newHubNodeCommand(cfg *config, now func() time.Time) *cobra.Command {
	var node registry.Node
	cmd := &cobra.Command{
		Use:   "node ODS...",
		Short: "Write what a hub has to know of this installation, to believe it",
		Long: `Node prints the entry of this installation for the list of publishers, under "nodes".
Send it to whoever runs the hub, and let them hear its key from you in another way
too. What this installation sends to the hub is signed with that key, which is made
the first time; it speaks for the organisations that you name and for no others.`,
		Example: `  signalbox hub node --id wexbourne --name "Wexbourne (fictional)" ZZB`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, text := range args {
				code := measures.ODSCode(text)
				if !code.Valid() {
					return badInput(fmt.Errorf("%q is no ODS code, such as ZZB", text))
				}
				node.Organisations = append(node.Organisations, code)
			}
			key, _, err := registry.OpenOrMakeKey(cfg.nodeKey())
			if err != nil {
				return err
			}
			node.Key, node.From = key.Public(), now().UTC().Truncate(time.Second)
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetIndent("", "  ")
			return out.Encode(node)
		},
	}
	cmd.Flags().StringVar(&node.ID, "id", "", "a short name for this installation, as in wexbourne")
	cmd.Flags().StringVar(&node.Name, "name", "", "its name in full")
	_ = cmd.MarkFlagRequired("id")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}
