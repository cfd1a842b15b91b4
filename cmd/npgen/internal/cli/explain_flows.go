package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flowlog"
)

// explainFlows says of each refused flow of a log what is to be written, or why it is refused rightly.
func explainFlows(s *streams, input gen.Input, file, format string) error {
	if file == "-" && slices.Contains(input.Paths, "-") {
		return errors.New("standard input can be the package or the log, not both")
	}
	env, err := s.env()
	if err != nil {
		return err
	}
	in, err := gen.Inquire(env, input)
	if err != nil {
		return err
	}
	report := reportFlags{format: string(diag.Text)}
	if err := report.report(s, in.Findings, in.Source); err != nil {
		return err
	}
	if len(in.Clusters) != 1 {
		return errors.New("a log is of one cluster: pick it with `--cluster`")
	}
	inquiry := in.Clusters[0].Inquiry
	if inquiry.Graph == nil {
		return errors.New("`--flows` says what to write into a package, and none is named")
	}
	s.stage("reading the log")
	log, err := readLog(s.in, file)
	if err != nil {
		return err
	}
	s.stage("looking for edges")
	out := answer.Refused{Log: log, Flows: flowlog.Explain(inquiry, log)}
	if err := out.Write(s.out, format); err != nil {
		return err
	}
	for _, doubt := range out.Doubts() {
		s.say("npgen: %s", doubt)
	}
	if out.Missing() {
		return status(statusFinding)
	}
	return nil
}

func readLog(stdin io.Reader, file string) (*flowlog.Log, error) {
	in, name := stdin, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in, name = f, file
	}
	log, err := flowlog.Read(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return log, nil
}
