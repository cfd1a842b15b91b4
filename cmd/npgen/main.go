// Command npgen compiles who may talk to whom into Kubernetes NetworkPolicies.
package main

import (
	"os"

	"github.com/npgen/npgen/cmd/npgen/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
