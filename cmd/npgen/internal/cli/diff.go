package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/world"
)

func diffCommand(s *streams) *cobra.Command {
	var format string
	var options answer.ComparisonOptions
	var sides gen.SideOptions
	var renamed []string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show which flows a change opens and closes",
		Long: `Diff evaluates both sides by the semantics of the Kubernetes API and shows
which flows the change opens, closes or changes, for every pod that can exist,
and which pods become isolated or are no longer. What concerns only pods that
nothing declares stands apart, with an example. Names of policies, their
grouping and order are no difference.

OLD and NEW are each a package, a file or folder of YAML or JSON, - for standard
input, or a git revision: git:REV:PATH, or git:REV for the path of the other
side. PATH is relative to the working folder. --with adds manifests to both
sides: workloads, namespaces, and policies that a side does not have itself.

Exit status: 0 both sides allow the same; 1 they differ; 2 undecided, trouble, or
too little place to show all that opens, or what could not be counted may make
the answer wrong: it is named.`,
		Example: `  npgen diff git:main ./policy
  npgen diff ./policy deploy/policies
  npgen diff git:main ./policy --with ./deploy
  npgen diff git:HEAD~1:policy git:HEAD:policy --format md`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("`%s` needs two sides, OLD and NEW, and has %d; see `%s --help`", cmd.CommandPath(), len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(answer.ComparisonFormats(), answer.Format(format)) {
				return fmt.Errorf("unknown format `%s`; the formats are text, json and md", format)
			}
			if options.Fit < 0 || options.Fit > 0 && format != "md" {
				return errors.New("`--fit` is a number of characters of `--format md`")
			}
			var err error
			if sides.Rename, err = renaming(renamed); err != nil {
				return err
			}
			options.Page = s.page()
			return diff(s, args[0], args[1], answer.Format(format), sides, options)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "format of the difference: text|json|md")
	cmd.Flags().BoolVar(&options.All, "all", false, "show every line, name and exception of a long difference")
	cmd.Flags().IntVar(&options.Fit, "fit", 0, "at most this many `characters` of md: a line for each target that opens, or exit 2")
	cmd.Flags().StringArrayVar(&renamed, "rename-namespace", nil, "compare namespace `old=new` of OLD by its new name; may be repeated")
	cmd.Flags().StringArrayVar(&sides.With, "with", nil, "add the manifests at this `path` to both sides; may be repeated")
	_ = cmd.MarkFlagFilename("with", "yaml", "yml", "json")
	packageFlags(s, cmd)
	namespaceFlag(cmd, &sides.Namespace)
	completeFormats(cmd, answer.ComparisonFormats())
	return cmd
}

// renaming reads the values of --rename-namespace.
func renaming(values []string) (world.Renaming, error) {
	out, taken := world.Renaming{}, map[string]bool{}
	for _, v := range values {
		from, to, ok := strings.Cut(v, "=")
		switch {
		case !ok || !graph.IsName(from) || !graph.IsName(to):
			return nil, fmt.Errorf("`--rename-namespace %s`: write the names of two namespaces, as `stage=prod`", v)
		case out[from] != "" || taken[to]:
			return nil, fmt.Errorf("`--rename-namespace %s`: each namespace is renamed once, and to a name of its own", v)
		}
		out[from], taken[to] = to, true
	}
	return out, nil
}

func diff(s *streams, before, after string, format answer.Format, sides gen.SideOptions, options answer.ComparisonOptions) error {
	a, b, err := readSides(s, before, after, sides)
	if err != nil {
		return err
	}
	pairs, err := gen.Pairs(a, b)
	if err != nil {
		return err
	}
	s.stage("comparing flows")
	var all answer.Comparisons
	var doubts []inventory.NotCounted
	undecided := false
	for _, p := range pairs {
		c := answer.Comparison{Comparison: flows.Compare(p.Before, p.After), Absent: p.Absent}
		if s.cluster == "" {
			c.Cluster = p.Name
		}
		if len(all) == 0 {
			c.Ignored = ignore.Added(a.Comments, b.Comments)
		}
		all, undecided = append(all, c), undecided || c.Undecided
		doubts = append(doubts, world.NotCompared(p.Before, p.After)...)
	}
	if err := all.Write(s.out, format, options); err != nil {
		return err
	}
	if undecided {
		return errors.New("undecided: a question about all pods that can exist was too large; compare fewer policies at once")
	}
	if err := s.notCounted(doubts); err != nil {
		return err
	}
	if !all.IsEmpty() {
		return status(statusFinding)
	}
	return nil
}
