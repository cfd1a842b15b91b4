// Command parse parses CUE files, and does nothing with them.
package main

import (
	"fmt"
	"os"

	"cuelang.org/go/cue/parser"

	"github.com/npgen/npgen/e2e/bench/programs/measure"
)

func main() {
	clock := measure.Start()
	for _, name := range os.Args[1:] {
		data, err := os.ReadFile(name)
		if err == nil {
			_, err = parser.ParseFile(name, data, parser.ParseComments)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	clock.End("parse")
}
