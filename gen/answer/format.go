package answer

import (
	"encoding/json"
	"io"
	"strings"
)

// Format is a form in which an answer is written.
type Format string

// writeJSON writes an answer as JSON.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// notNil returns a list that JSON writes as one where it is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// escapeMarkdown keeps names from being read as Markdown or HTML: they come from whoever wrote the manifests.
func escapeMarkdown(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "@", "&#64;", "#", "&#35;",
		"\n", " ",
	).Replace(s)
}
