// Package cli is npgen's command line: one file for each command; streams, flags and exit statuses, nothing else.
//
// In: arguments and streams. Out: data on standard output, talk on standard error, an exit status: 0 fine; 1 error
// findings or drift; 2 usage, a path that is missing or cannot be read, a limit, trouble; 128 and the number of the signal
// that ended it. It refuses unknown commands, flags
// and formats.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
)

// The exit statuses.
const (
	statusFine    = 0
	statusFinding = 1
	statusTrouble = 2
)

// status is an error that only sets the exit status: what it means has been said already.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// streams is what a command may touch of its surroundings, besides files.
type streams struct {
	in       io.Reader
	out, err io.Writer
	// progress is nil where nothing is to be said of it.
	progress *progress
	// format is that of findings, once a command knows it.
	format   atomic.Value
	run      *budget.Run
	limits   budget.Limits
	overruns chan budget.Overrun
	// patience is how long what was begun may take to be taken back at an early end, as a time.Duration; 0 is takeBackFor.
	patience atomic.Int64
	// tags are what the user sets in packages; cluster is the one whose packages are read, "" is all.
	tags    []string
	cluster string
}

// say writes a line of talk.
func (s *streams) say(format string, args ...any) { _ = diag.Linef(s.err, format, args...) }

// Main runs npgen with the given arguments, without the program's name, and returns the exit status. The process has to
// end then: where the work ended early it goes on in the background.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	limits, err := budget.FromEnvironment(os.Getenv)
	if err != nil {
		_ = diag.Linef(stderr, "npgen: %v", err)
		return statusTrouble
	}
	line := newProgress(args, stdin, stderr)
	defer line.end()
	s := &streams{
		in: stdin, out: line.beside(stdout), err: line.beside(stderr), progress: line,
		run: budget.NewRun(), limits: limits, overruns: make(chan budget.Overrun, 1),
	}
	return s.beside(func() int { return s.execute(args) })
}

// execute runs the command that the arguments name.
func (s *streams) execute(args []string) int {
	root := rootCommand(s)
	root.SetArgs(args)
	err := root.Execute()
	var st status
	switch {
	case err == nil:
		return statusFine
	case errors.As(err, &st):
		return int(st)
	}
	s.trouble(err)
	return statusTrouble
}

// trouble says what went wrong, and what to do about it.
func (s *streams) trouble(err error) {
	s.say("npgen: %v", err)
	help := ""
	if refused, ok := errors.AsType[*manifest.RefusedError](err); ok {
		help = refused.Help
	} else if exceeded, ok := errors.AsType[*budget.ExceededError](err); ok {
		help = exceeded.Help()
	}
	if help != "" {
		s.say("  help: %s", help)
	}
}

func rootCommand(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "npgen",
		Short: "Compile who may talk to whom into Kubernetes NetworkPolicies",
		Long: `npgen reads a policy package in CUE, in which you write who may talk to whom
("api -> db:80"), checks it, and writes default-deny and allow NetworkPolicies.

A PKG is a folder, a .cue file, ./... for every package below, or - for
standard input.

Exit status: 0 fine; 1 error findings or drift; 2 usage, a path that is missing
or cannot be read, trouble.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(s.err)
			_ = cmd.Help()
			return errors.New("a command is needed")
		},
	}
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { s.watch(cmd.Name() == krmName) }
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.Version = version()
	root.SetVersionTemplate(versionLine() + "\n")
	root.AddCommand(
		buildCommand(s), vetCommand(s), testCommand(s), listCommand(s), explainCommand(s), diffCommand(s), graphCommand(s), rolloutCommand(s), reviewCommand(s), doctorCommand(s), probeCommand(s),
		initCommand(s), importCommand(s), krmCommand(s), versionCommand(s),
	)
	addHelp(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())
	})
	return root
}

// env returns where packages are loaded from.
func (s *streams) env() (load.Env, error) {
	dir, err := os.Getwd()
	return load.Env{Dir: dir, Stdin: s.in, Tags: s.tags, Cluster: s.cluster, Progress: s.stage, Run: s.run, Limits: s.limits}, err
}

// reportFlags are the flags of every command that reports findings.
type reportFlags struct {
	format string
	strict bool
}

func (f *reportFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.format, "format", string(diag.Text), "format of the findings on standard error: "+formatList())
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit 1 on warnings too; infos never count")
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, f := range diag.Formats() {
			out = append(out, string(f))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}

func formatList() string {
	out := ""
	for i, f := range diag.Formats() {
		if i > 0 {
			out += "|"
		}
		out += string(f)
	}
	return out
}

// check refuses an unknown format before anything is done.
func (f *reportFlags) check(s *streams) error {
	for _, known := range diag.Formats() {
		if f.format == string(known) {
			s.format.Store(known)
			return nil
		}
	}
	return fmt.Errorf("unknown format `%s`; the formats are %s", f.format, formatList())
}

// isDocument reports whether the format makes one document of all findings, beside which standard error must hold
// nothing else.
func (f *reportFlags) isDocument() bool {
	format := diag.Format(f.format)
	return format != diag.Text && format != diag.GitHub
}

// report writes findings to standard error and returns the status they mean.
func (f *reportFlags) report(s *streams, findings diag.List, source func(string) ([]byte, error)) error {
	if len(findings) > 0 || f.isDocument() {
		if err := s.write(findings, diag.Format(f.format), source); err != nil {
			return err
		}
	}
	return f.status(findings)
}

// status returns the exit status that findings mean.
func (f *reportFlags) status(findings diag.List) error {
	switch {
	case findings.Has(diag.OverBudget):
		return status(statusTrouble)
	case findings.Count(diag.Error) > 0 || f.strict && findings.Count(diag.Warning) > 0:
		return status(statusFinding)
	}
	return nil
}

// write writes a report to standard error.
func (s *streams) write(findings diag.List, format diag.Format, source func(string) ([]byte, error)) error {
	terminal := isTerminal(s.err)
	return findings.Write(s.err, format, diag.Options{
		Color: terminal && hasColor(), Snippets: terminal, Source: source, Version: version(),
		Fold: true, Most: int(s.limits.Or(budget.Defaults()).Findings), More: budget.FindingsVariable,
	})
}

func isTerminal(w io.Writer) bool {
	_, ok := terminal(w)
	return ok
}

// terminal returns the terminal that a writer is.
func terminal(w io.Writer) (int, bool) {
	if beside, ok := w.(*besideProgress); ok {
		w = beside.Writer
	}
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}

// usualWidth is that of a terminal that does not say it.
const usualWidth = 80

// page returns what answers are written on. The variable COLUMNS has the width, or else the terminal.
func (s *streams) page() answer.Page {
	fd, ok := terminal(s.out)
	if !ok {
		return answer.Page{}
	}
	width, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || width <= 0 {
		width, _, err = term.GetSize(fd)
	}
	if err != nil || width <= 0 {
		width = usualWidth
	}
	return answer.Page{Width: width, Color: hasColor()}
}

// hasColor reports whether a terminal may show colors.
func hasColor() bool { return os.Getenv("NO_COLOR") == "" }

// packageFlags adds the flags of commands that read packages.
func packageFlags(s *streams, cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&s.tags, "inject", "t", nil, "set `key=value` for CUE's @tag(key), or name for @if(name); may be repeated")
	cmd.Flags().Var(&nameValue{&s.cluster, "a cluster"}, "cluster", "read only the packages whose cluster: name this is")
	_ = cmd.RegisterFlagCompletionFunc("inject", cobra.NoFileCompletions)
	_ = cmd.RegisterFlagCompletionFunc("cluster", cobra.NoFileCompletions)
}

// namespaceFlag adds the flag of commands that read manifests.
func namespaceFlag(cmd *cobra.Command, namespace *string) {
	cmd.Flags().VarP(&nameValue{namespace, "a namespace"}, "namespace", "n", "the namespace of objects that have none; else the only one that the others name, or default")
	_ = cmd.RegisterFlagCompletionFunc("namespace", cobra.NoFileCompletions)
}

// nameValue is a flag that takes a DNS-1123 label, the name of something.
type nameValue struct {
	name *string
	of   string
}

func (v *nameValue) String() string {
	if v.name == nil {
		return ""
	}
	return *v.name
}

func (v *nameValue) Type() string { return "NAME" }

func (v *nameValue) Set(s string) error {
	if !graph.IsName(s) {
		return errors.New("it is not the name of " + v.of)
	}
	*v.name = s
	return nil
}

// packageArgs asks for at least one package, and completes folders.
func packageArgs(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("`%s` needs a package: a folder, a .cue file, ./... or -; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
		}
		return nil
	}
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"cue"}, cobra.ShellCompDirectiveFilterFileExt
	}
}
