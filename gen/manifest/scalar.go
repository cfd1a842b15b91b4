package manifest

import "strings"

// longestKey keeps clear of the length at which YAML writes a key in its long form, with a question mark.
const longestKey = 100

// foldAfter is the column after which a plain text is folded at its next space.
const foldAfter = 80

// value writes a text behind its key or dash, which stand at the given indentation: on one line, on several where it is
// long, or as a literal block where it has line ends.
func (a *appender) value(indent int, s string) {
	switch {
	case isPlain(s):
		a.raw(" ")
		a.fold(indent+2, s)
	case isQuoted(s):
		a.raw(" '")
		a.fold(indent+2, strings.ReplaceAll(s, "'", "''"))
		a.raw("'")
	case isLiteral(s):
		a.raw(" |-")
		for line := range strings.SplitSeq(s, "\n") {
			a.end()
			a.indent(indent + 2)
			a.raw(line)
		}
	default:
		a.gaveUp = true
	}
	a.end()
}

func (a *appender) fold(indent int, s string) {
	for {
		at := strings.IndexByte(s, ' ')
		if at < 0 {
			a.raw(s)
			return
		}
		a.raw(s[:at])
		s = s[at+1:]
		if len(a.out)-a.line > foldAfter {
			a.end()
			a.indent(indent)
		} else {
			a.raw(" ")
		}
	}
}

// isPlain reports whether a text is surely written as it is. Not so what YAML 1.1 or 1.2 could take for something else
// than text, and what has a character with a meaning in YAML: those get quotes, or another form.
func isPlain(s string) bool { return isText(s) && !hasMeaning(s) && !isWord(s) }

// isQuoted reports whether a text is surely written in single quotes: `* -> web:80`, `web -> api:80: a reason`.
func isQuoted(s string) bool {
	return isText(s) && hasMeaning(s) || isOneLine(s) && (s[0] == '*' || s[0] == '[')
}

// isText reports whether a line starts as no value of YAML that is not text, but for a few words.
func isText(s string) bool {
	if !isOneLine(s) {
		return false
	}
	// An address range, perhaps in an edge: no number, time or date has a slash.
	return isLetter(s[0]) || (isDigit(s[0]) || strings.HasPrefix(s, "::")) && strings.Contains(s, "/")
}

// hasMeaning reports whether something within a line looks like a key or a comment.
func hasMeaning(s string) bool {
	return strings.HasSuffix(s, ":") || strings.Contains(s, ": ") || strings.Contains(s, " #")
}

// isOneLine reports whether a text is a line of visible characters, with single spaces between them.
func isOneLine(s string) bool {
	previous := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && previous == ' ' {
			return false
		}
		previous = s[i]
	}
	return previous != ' '
}

// isWord reports whether a text is a word that YAML 1.1 or 1.2 knows, in any case.
func isWord(s string) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return true
	}
	return false
}

// isLiteral reports whether a text is surely written as a literal block without hints: more than one line, none empty,
// none with spaces at its ends.
func isLiteral(s string) bool {
	for line := range strings.SplitSeq(s, "\n") {
		if !isOneLine(line) {
			return false
		}
	}
	return strings.Contains(s, "\n")
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// insertionSort sorts the few keys of a map as sigs.k8s.io/yaml does.
func insertionSort(keys []string) {
	for i := range keys {
		for j := i; j > 0 && keyLess(keys[j], keys[j-1]); j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
}

// keyLess orders plain keys as sigs.k8s.io/yaml does: numbers in them count as numbers, and letters come after all else.
func keyLess(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) < len(b)
	}
	if inA, inB := isLetter(a[i]), isLetter(b[i]); inA && inB {
		return a[i] < b[i]
	} else if inA || inB {
		return inB
	}
	var lead int64
	if (a[i] == '0' || b[i] == '0') && endsInNumber(a[:i]) {
		lead = 1
	}
	numberA, digitsA := leadingNumber(a[i:], lead)
	numberB, digitsB := leadingNumber(b[i:], lead)
	switch {
	case numberA != numberB:
		return numberA < numberB
	case digitsA != digitsB:
		return digitsA < digitsB
	}
	return a[i] < b[i]
}

// endsInNumber reports whether the digits at the end of a text are a number above 0.
func endsInNumber(s string) bool {
	return strings.TrimRight(s, "0123456789") != strings.TrimRight(s, "0")
}

// leadingNumber returns the number at the start of a text, behind a digit that leads it, and how many digits it has.
func leadingNumber(s string, lead int64) (number int64, digits int) {
	number = lead
	for digits < len(s) && isDigit(s[digits]) {
		number = number*10 + int64(s[digits]-'0')
		digits++
	}
	return number, digits
}
