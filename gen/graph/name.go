package graph

import "k8s.io/apimachinery/pkg/util/validation"

// What apimachinery checks by regular expressions, letter by letter: a large package has a name in every line.

// IsName reports whether a string is a DNS-1123 label (validation.IsDNS1123Label).
func IsName(s string) bool {
	if len(s) > validation.DNS1123LabelMaxLength || !endsWell(s) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// IsLabelValue reports whether a string can be the value of a label, and is not empty (validation.IsValidLabelValue).
func IsLabelValue(s string) bool {
	if len(s) > validation.LabelValueMaxLength || !endsWell(s) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isUpper(c) && !isDigit(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// isPlainPortName reports whether a string is a port name without dashes (validation.IsValidPortName).
func isPlainPortName(s string) bool {
	letter := false
	for i := range len(s) {
		if !isLower(s[i]) && !isDigit(s[i]) {
			return false
		}
		letter = letter || isLower(s[i])
	}
	return letter && len(s) <= 15
}

// endsWell reports whether a string starts and ends with a letter or digit.
func endsWell(s string) bool {
	return s != "" && isAlphanumeric(s[0]) && isAlphanumeric(s[len(s)-1])
}

func isAlphanumeric(c byte) bool { return isLower(c) || isUpper(c) || isDigit(c) }

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
