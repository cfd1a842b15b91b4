package reach

import "strings"

// isSurelyKey reports whether a key is text: one word, of a length that YAML takes before a colon.
func isSurelyKey(s string) bool { return len(s) <= 320 && !strings.Contains(s, " ") && isSurelyText(s) }

// isSurelyText reports whether YAML 1.1 and 1.2 both take a scalar without quotes for the text that it looks like. A
// text that starts with a letter is, unless it is a word such as `no`, holds `: ` or ` #`, or ends in a colon. Of those
// that start otherwise only the ones with a slash are taken, for address ranges: no number, date or time holds one.
func isSurelyText(s string) bool {
	if s == "" || !isVisible(s) || strings.HasSuffix(s, ":") || strings.Contains(s, ": ") || strings.Contains(s, " #") {
		return false
	}
	switch first := s[0]; {
	case first == ':', first >= '0' && first <= '9':
		return strings.Contains(s, "/")
	case !isLetter(first):
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "no", "on", "off", "yes", "true", "null", "false":
		return false
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isVisible reports whether a text has only visible characters, and single spaces between them.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") && !strings.Contains(s, "  ")
}
