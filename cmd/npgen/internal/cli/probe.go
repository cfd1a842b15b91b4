package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/probe"
)

// probeFlags are the flags of `npgen probe`.
type probeFlags struct {
	clusterFlags
	yes    bool
	format string
	image  string
	limit  time.Duration
	most   int
}

func probeCommand(s *streams) *cobra.Command {
	var f probeFlags
	cmd := &cobra.Command{
		Use:   "probe [PKG...]",
		Short: "Send packets in a cluster: are policies enforced, and as the package says",
		Long: `Probe makes throw-away pods in a namespace of its own, and finds out by new
connections whether policies close and open, for ingress and egress, for pods and
ports. It judges between two controls: without policies all must be open, before
and after; else nothing is proven.

With packages it then tries their flows with the policies that are in the
cluster: each declared port between workloads, whether allowed or not. It calls
pods that run, from throw-away pods with the labels of the caller, which are never
ready, so that no Service sends anything to them.

It asks before, and removes what it made on every end. It waits for an effect up to
--limit, never for a fixed time.

Exit status: 0 enforced, and as the packages say; 1 not enforced, or a flow is
other than they say; 2 nothing proven, or trouble.`,
		Example: `  npgen probe
  npgen probe ./policy --yes --format json`,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains([]string{"text", "json"}, f.format) {
				return fmt.Errorf("unknown format `%s`; the formats are text and json", f.format)
			}
			return f.run(s, args)
		},
	}
	packageFlags(s, cmd)
	f.add(cmd)
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask before")
	cmd.Flags().StringVar(&f.format, "format", "text", "format of the report: text|json")
	cmd.Flags().StringVar(&f.image, "image", probe.Image, "the `image` of the throw-away pods: agnhost, or what has its commands")
	cmd.Flags().DurationVar(&f.limit, "limit", 30*time.Second, "how long to wait for the effect of a policy")
	cmd.Flags().IntVar(&f.most, "most", 200, "how many flows of the packages to try")
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// cleaning is how long an interrupted probe may take to remove what it made.
const cleaning = 25 * time.Second

func (f *probeFlags) run(s *streams, args []string) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	program := f.program(s)
	what := &gen.Probing{}
	if len(args) > 0 {
		if what, err = gen.ToProbe(env, args, program, f.most); err != nil {
			return err
		}
		report := reportFlags{format: string(diag.Text)}
		if err := report.report(s, what.Findings, what.Source); err != nil {
			return err
		}
	}
	if err := f.ask(s, what); err != nil {
		return err
	}
	s.patience.Store(int64(cleaning))
	report, err := probe.Run(program, probe.Options{
		Image: f.image, Limit: f.limit, Every: 500 * time.Millisecond, DNS: what.DNS, Flows: what.Flows, Run: s.run,
		Say: func(e probe.Event) {
			if f.format == "text" {
				_ = answer.ProbeEvent(s.out, e)
			}
		},
	})
	if err != nil {
		for _, left := range report.Left {
			s.say("npgen: this is left: %s", left)
		}
		return err
	}
	report.NotProven = append(report.NotProven, what.LeftOut...)
	write := answer.Probe{Report: report}.WriteText
	if f.format == "json" {
		write = answer.Probe{Report: report}.WriteJSON
	}
	if err := write(s.out); err != nil {
		return err
	}
	switch {
	case report.Verdict == probe.Nothing:
		return status(statusTrouble)
	case report.Verdict == probe.NotEnforced || len(report.Differing) > 0:
		return status(statusFinding)
	}
	return nil
}

// ask says what is going to be made, and asks for leave.
func (f *probeFlags) ask(s *streams, what *gen.Probing) error {
	if f.yes {
		return nil
	}
	in, isFile := s.in.(*os.File)
	if !isFile || !isTerminal(in) {
		return errors.New("a probe makes pods and policies in the cluster: `--yes` allows it where nobody can be asked")
	}
	s.progress.end()
	s.say("This makes in the cluster, and removes again:")
	s.say("  a namespace npgen-probe-..., with three pods of %s and policies for them", f.image)
	var callers []string
	for _, flow := range what.Flows {
		if name := flow.From.Namespace + "/" + flow.From.Name; !slices.Contains(callers, name) {
			callers = append(callers, name)
		}
	}
	if len(callers) > 0 {
		s.say("  a pod that is never ready, with the labels of each of: %s", strings.Join(callers, ", "))
		s.say("It connects to pods that run, %d times or more, and sends nothing.", len(what.Flows))
	}
	s.say("Go on? [y/N]")
	line, _ := bufio.NewReader(s.in).ReadString('\n')
	if word := strings.ToLower(strings.TrimSpace(line)); word != "y" && word != "yes" {
		return errors.New("nothing was made")
	}
	return nil
}
