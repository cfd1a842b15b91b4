// Command stages does what `npgen build` does, stage by stage, and says what each costs. It can end before the proof,
// which npgen itself never leaves out.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/npgen/npgen/e2e/bench/programs/measure"
	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/policy"
	"github.com/npgen/npgen/gen/prove"
)

func main() {
	proof := flag.Bool("proof", true, "read the YAML back and prove it")
	flag.Parse()
	debug.SetGCPercent(400) // as the command npgen does
	if err := build(flag.Args(), *proof); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(args []string, proof bool) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	clock := measure.Start()
	env := load.Env{Dir: dir, Stdin: os.Stdin}
	sources, err := load.Sources(dir, args)
	if err != nil {
		return err
	}
	loaded, err := load.Packages(env, sources)
	if err != nil {
		return err
	}
	clock.End("load")
	findings := loaded.Findings
	g, more := graph.Link(loaded.Packages)
	findings = append(append(findings, more...), check.Graph(g)...)
	clock.End("check")
	policies, more := policy.Compile(g)
	if findings = append(findings, more...); len(findings) > 0 {
		_ = findings.Write(os.Stderr, diag.Text, diag.Options{})
		return errors.New("a generated package has findings")
	}
	clock.End("policies")
	stream, err := write.Stream(policies)
	if err != nil {
		return err
	}
	clock.End("yaml")
	if proof {
		back, err := read.Policies(stream)
		if err != nil {
			return err
		}
		clock.End("read back")
		if differences := prove.Differences(read.Rules(back), g); len(differences) > 0 {
			return errors.New(differences[0])
		}
		clock.End("proof")
	}
	_, err = os.Stdout.Write(stream)
	return err
}
