package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen/diag"
)

// addHelp adds the commands that speak of the others. Cobra's own say nothing of a command or shell that they do not
// know, and exit 0.
func addHelp(root *cobra.Command) {
	root.SetHelpCommand(helpCommand())
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	completion.Args = unknownCommand
	completion.RunE = func(cmd *cobra.Command, _ []string) error {
		return fmt.Errorf("`%s` needs a shell: bash, zsh, fish or powershell; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
	}
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | RULE | rules]",
		Short: "Help about a command, or about the rule of a finding",
		Example: `  npgen help build
  npgen help half-open
  npgen help rules`,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				if len(args) == 1 {
					if known, err := helpRules(cmd.OutOrStdout(), args[0]); known {
						return err
					}
				}
				return unknownCommand(target, rest)
			}
			target.InitDefaultHelpFlag()
			target.InitDefaultVersionFlag()
			return target.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			target, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var out []string
			for _, c := range target.Commands() {
				if c.IsAvailableCommand() {
					out = append(out, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// unknownCommand refuses arguments of a command that only has commands below it.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("unknown command `%s` for `%s`", args[0], cmd.CommandPath())
	names := func(yield func(string) bool) {
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && !yield(c.Name()) {
				return
			}
		}
	}
	if other := otherNames(args[0]); other != "" {
		message += "; did you mean " + other + "?"
	} else if near := diag.Nearest(args[0], names); near != "" {
		message += fmt.Sprintf("; did you mean `%s`?", near)
	} else if rule := diag.NearestRule(args[0]); rule != "" && cmd == cmd.Root() {
		message += fmt.Sprintf("; did you mean `npgen help %s`?", rule)
	} else {
		message += fmt.Sprintf("; see `%s --help`", cmd.CommandPath())
	}
	return errors.New(message)
}
