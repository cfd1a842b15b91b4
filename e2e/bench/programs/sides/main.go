// Command sides does what `npgen diff` does with two streams of policies, stage by stage, and says what each costs. It
// can end once both are read.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/npgen/npgen/e2e/bench/programs/measure"
	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/load"
)

func main() {
	difference := flag.Bool("difference", true, "compare what was read")
	flag.Parse()
	debug.SetGCPercent(400) // as the command npgen does
	if err := run(flag.Arg(0), flag.Arg(1), *difference); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(before, after string, difference bool) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	clock := measure.Start()
	a, b, err := gen.ReadSides(load.Env{Dir: dir, Stdin: os.Stdin}, before, after, gen.SideOptions{})
	if err != nil {
		return err
	}
	if len(a.Findings)+len(b.Findings) > 0 {
		return errors.New("a generated stream has findings")
	}
	clock.End("read")
	if !difference {
		return nil
	}
	c := answer.Comparison{Comparison: flows.Compare(a.Clusters[0].Cluster, b.Clusters[0].Cluster)}
	if c.Undecided {
		return errors.New("undecided")
	}
	clock.End("difference")
	return c.Write(os.Stdout, answer.Format("text"), answer.ComparisonOptions{})
}
