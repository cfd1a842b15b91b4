package judges

import (
	"regexp"

	"sigs.k8s.io/yaml"
)

// splitDocuments divides a YAML stream at its document markers.
func splitDocuments(stream []byte) [][]byte {
	var out [][]byte
	marks := regexp.MustCompile(`(?m)^---[ \t]*(#.*)?\r?$`).FindAllIndex(stream, -1)
	start := 0
	for _, m := range marks {
		out = append(out, stream[start:m[0]])
		start = m[1]
	}
	return append(out, stream[start:])
}

// parseTree returns nil for a document that says nothing.
func parseTree(doc []byte) (tree, error) {
	var out tree
	err := yaml.Unmarshal(doc, &out)
	return out, err
}
