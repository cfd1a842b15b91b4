package read

import (
	"bytes"
	"slices"
	"strings"
)

// isSurelyKey reports whether a key is text: one word, of a length that YAML takes before a colon.
func isSurelyKey(s []byte) bool {
	return len(s) <= 320 && bytes.IndexByte(s, ' ') < 0 && isSurelyText(s)
}

// isSurelyText reports whether YAML 1.1 and 1.2 both take a scalar without quotes for the text that it looks like. A
// text that starts with a letter is, unless it is a word such as `no`, holds `: ` or ` #`, or ends in a colon. Of those
// that start otherwise only the ones with a slash are taken, for address ranges: no number, date or time holds one.
func isSurelyText(s []byte) bool {
	if len(s) == 0 || !isVisible(s) || s[len(s)-1] == ':' || bytes.Contains(s, []byte(": ")) || bytes.Contains(s, []byte(" #")) {
		return false
	}
	switch first := s[0]; {
	case first == ':', first >= '0' && first <= '9':
		return bytes.IndexByte(s, '/') >= 0
	case !isLetter(first):
		return false
	}
	return !isWordOfYAML(s)
}

// isWordOfYAML reports whether YAML gives a word a meaning of its own.
func isWordOfYAML(s []byte) bool {
	words := [...]string{"y", "n", "no", "on", "off", "yes", "true", "null", "false"}
	return len(s) <= len("false") && slices.Contains(words[:], strings.ToLower(string(s)))
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isVisible reports whether a text has only visible characters, and single spaces between them.
func isVisible(s []byte) bool {
	afterSpace := true
	for _, c := range s {
		if c < ' ' || c > '~' || c == ' ' && afterSpace {
			return false
		}
		afterSpace = c == ' '
	}
	return !afterSpace || len(s) == 0
}
