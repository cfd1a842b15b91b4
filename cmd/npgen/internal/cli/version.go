package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func versionCommand(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version of npgen and of what it is built with",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, versionLine())
			return err
		},
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("`%s` takes no arguments", cmd.CommandPath())
	}
	return nil
}

// version returns the version of the module that the program is built from, or "devel" where nothing says it: outside of
// git, and with -buildvcs=false. A build from a git work tree has the version of its tag, or a pseudo-version.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return devel
	}
	return versionOf(info)
}

const devel = "devel"

func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return devel
}

func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "npgen " + devel
	}
	return describe(info)
}

// describe returns the versions of npgen, of CUE and of Go in one line, and the commit where it is known and the version
// does not hold it.
func describe(info *debug.BuildInfo) string {
	line := "npgen " + versionOf(info)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && !strings.Contains(line, s.Value[:12]) {
			line += " (" + s.Value[:12] + ")"
		}
	}
	for _, m := range info.Deps {
		if m.Path == "cuelang.org/go" {
			line += " cue " + m.Version
		}
	}
	return line + " " + info.GoVersion
}
