// Command floor loads and evaluates packages as plain CUE, and does nothing with them: what no program that reads
// packages with CUE can be faster than.
package main

import (
	"fmt"
	"os"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
)

func main() {
	for _, dir := range os.Args[1:] {
		inst := load.Instances([]string{"."}, &load.Config{Dir: dir})[0]
		if inst.Err != nil {
			fail(inst.Err)
		}
		if err := cuecontext.New().BuildInstance(inst).Validate(cue.Concrete(true)); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
