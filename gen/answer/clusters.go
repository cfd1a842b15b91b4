package answer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// mostClusters is how many clusters a line names that say the same.
const mostClusters = 3

// alike is clusters of which the same is said.
type alike struct {
	// names is none where the answer is of a cluster without a name.
	names []string
	text  string
	// first is the place of the first of them among all.
	first int
}

// folded joins clusters of which the same is said, in the order of the first of each.
func folded(names, texts []string) []alike {
	var out []alike
	at := map[string]int{}
	for i, text := range texts {
		place, known := at[text]
		if !known {
			place = len(out)
			at[text] = place
			out = append(out, alike{text: text, first: i})
		}
		if names[i] != "" {
			out[place].names = append(out[place].names, names[i])
		}
	}
	return out
}

// few names the clusters as a line has place for.
func (a alike) few() string {
	if len(a.names) > mostClusters {
		return fmt.Sprintf("%s and %d more", strings.Join(a.names[:mostClusters-1], ", "), len(a.names)-mostClusters+1)
	}
	return strings.Join(a.names, ", ")
}

// lines returns the text with the clusters before each line that says something, and above it all of them where a line
// has no place for that.
func (a alike) lines() []byte {
	if len(a.names) == 0 {
		return []byte(a.text)
	}
	var b bytes.Buffer
	if len(a.names) > mostClusters {
		printf(&b, "alike in %d clusters: %s", len(a.names), strings.Join(a.names, ", "))
	}
	for line := range strings.Lines(a.text) {
		if line != "\n" {
			b.WriteString(diag.Line(a.few()) + ": ")
		}
		b.WriteString(line)
	}
	return b.Bytes()
}

// inCluster puts the cluster before a text that speaks of it.
func inCluster(cluster, text string) string {
	if cluster == "" || text == "" {
		return text
	}
	return cluster + ": " + text
}
