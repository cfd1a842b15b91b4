package gen

import (
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// InCluster is findings about one cluster.
type InCluster struct {
	Name     string
	Findings diag.List
}

// Joined returns the findings of several clusters as one list. Each names its clusters: what is wrong in a base is one
// finding, and not one for each cluster. Those of one cluster alone stay as they are.
func Joined(all []InCluster) diag.List {
	if len(all) == 1 {
		return all[0].Findings
	}
	type key struct {
		severity   diag.Severity
		rule, text string
		at         string
	}
	var out diag.List
	var clusters [][]string
	at := map[key]int{}
	for _, c := range all {
		for _, d := range c.Findings {
			k := key{d.Severity, d.Rule, d.Text(), d.Pos.String()}
			i, known := at[k]
			if !known {
				i = len(out)
				at[k] = i
				out, clusters = append(out, d), append(clusters, nil)
			}
			if n := len(clusters[i]); n == 0 || clusters[i][n-1] != c.Name {
				clusters[i] = append(clusters[i], c.Name)
			}
		}
	}
	for i := range out {
		out[i].Message = fmt.Sprintf("%s: %s", clusterWords(clusters[i], len(all)), out[i].Message)
	}
	return out
}

// clusterWords names clusters as a message has place for.
func clusterWords(names []string, of int) string {
	const most = 3
	switch n := len(names); {
	case n == 1:
		return "cluster `" + names[0] + "`"
	case n <= most:
		return "clusters `" + strings.Join(names, "`, `") + "`"
	case n == of:
		return fmt.Sprintf("all %d clusters", n)
	default:
		return fmt.Sprintf("clusters `%s` and %d more", strings.Join(names[:most-1], "`, `"), n-most+1)
	}
}
