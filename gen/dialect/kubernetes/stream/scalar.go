package stream

import (
	"bytes"
	"slices"
	"strings"
)

// IsSurelyKey reports whether a key is text: one word, of a length that YAML takes before a colon.
func IsSurelyKey(s []byte) bool {
	return len(s) <= 320 && bytes.IndexByte(s, ' ') < 0 && IsSurelyText(s)
}

// IsSurelyText reports whether YAML 1.1 and 1.2 both take a scalar without quotes for the text that it looks like. A
// text that starts with a letter is, unless it is a word such as `no`, holds `: ` or ` #`, or ends in a colon. Of those
// that start otherwise only the ones with a slash are taken, for address ranges: no number, date or time holds one.
func IsSurelyText(s []byte) bool {
	if len(s) == 0 || !IsVisible(s) || s[len(s)-1] == ':' || bytes.Contains(s, []byte(": ")) || bytes.Contains(s, []byte(" #")) {
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

// IsVisible reports whether a text has only visible characters, and single spaces between them.
func IsVisible(s []byte) bool {
	afterSpace := true
	for _, c := range s {
		if c < ' ' || c > '~' || c == ' ' && afterSpace {
			return false
		}
		afterSpace = c == ' '
	}
	return !afterSpace || len(s) == 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isSurelyNumber reports whether a scalar without quotes is a whole number to every reader, and written as JSON has it.
func isSurelyNumber(s []byte) bool {
	const most = 9 // digits
	return len(s) > 0 && len(s) <= most && (s[0] != '0' || len(s) == 1) && !bytes.ContainsFunc(s, func(c rune) bool { return !isDigit(byte(c)) })
}

// isSurelyNoNumber reports whether a word that starts with a digit is a text all the same: an address or a version with two
// dots at least, or a quantity such as `100m` and `64Mi`. Letters of numbers, dates and times make it unsure.
func isSurelyNoNumber(s []byte) bool {
	if len(s) == 0 || !isDigit(s[0]) {
		return false
	}
	dots, letters := 0, 0
	for _, c := range s {
		switch {
		case c == '.':
			dots++
		case bytes.IndexByte([]byte("ghijklmnpqrsuvwyGHIJKLMNPQRSUVWY"), c) >= 0:
			letters++
		case !isDigit(c) && !isLetter(c):
			return false
		}
	}
	return letters > 0 || dots > 1 && dots+digitsOf(s) == len(s)
}

func digitsOf(s []byte) int {
	n := 0
	for _, c := range s {
		if isDigit(c) {
			n++
		}
	}
	return n
}
