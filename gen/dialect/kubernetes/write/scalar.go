package write

import "strings"

// longestKey keeps clear of the length at which YAML writes a key in its long form, with a question mark.
const longestKey = 100

// foldAfter is the column after which a plain text is folded at its next space.
const foldAfter = 80

// value writes a text behind its key or dash, which stand at the given indentation: on one line, on several where it is
// long, or as a literal block where it has line ends.
func (a *appender) value(indent int, s string) {
	switch formOf(s) {
	case asIs:
		a.raw(" ")
		a.fold(indent+2, s)
	case inQuotes:
		a.raw(" '")
		a.fold(indent+2, strings.ReplaceAll(s, "'", "''"))
		a.raw("'")
	case asLines:
		a.raw(" |-")
		for line := range strings.SplitSeq(s, "\n") {
			if oneLine, _ := scan(line); !oneLine {
				a.gaveUp = true
				return
			}
			a.end()
			a.indent(indent + 2)
			a.raw(line)
		}
	default:
		a.gaveUp = true
	}
	a.end()
}

// fold writes a text; behind foldAfter its next line starts at the next space.
func (a *appender) fold(indent int, s string) {
	for len(a.out)-a.line+len(s) > foldAfter {
		at := strings.IndexByte(s, ' ')
		if at < 0 {
			break
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
	a.raw(s)
}

// form is how a text is written.
type form int

const (
	// unsure is left to sigs.k8s.io/yaml.
	unsure form = iota
	// asIs is without quotes.
	asIs
	// inQuotes is in single quotes: `* -> web:80`, `web -> api:80: a reason`.
	inQuotes
	// asLines is a literal block without hints, if none of the lines is empty or has spaces at its ends.
	asLines
)

// formOf returns the form in which a text is surely written. What YAML 1.1 or 1.2 could take for something else than
// text is not written as it is, nor what has a character with a meaning in YAML.
func formOf(s string) form {
	oneLine, meaning := scan(s)
	switch {
	case !oneLine && strings.Contains(s, "\n"):
		return asLines
	case !oneLine:
		return unsure
	case s[0] == '*' || s[0] == '[', startsText(s) && meaning:
		return inQuotes
	case startsText(s) && !isWord(s):
		return asIs
	}
	return unsure
}

// scan reports whether a text is a line of visible characters, with single spaces between them, and whether something
// in it looks like a key or a comment.
func scan(s string) (oneLine, meaning bool) {
	previous := byte(' ')
	for i := range len(s) {
		c := s[i]
		switch {
		case c < ' ' || c > '~' || c == ' ' && previous == ' ':
			return false, false
		case c == ' ' && previous == ':', c == '#' && previous == ' ':
			meaning = true
		}
		previous = c
	}
	return previous != ' ', meaning || previous == ':'
}

// startsText reports whether a line starts as no value of YAML that is not text, but for a few words.
func startsText(s string) bool {
	// An address range, perhaps in an edge: no number, time or date has a slash.
	return isLetter(s[0]) || (isDigit(s[0]) || strings.HasPrefix(s, "::")) && strings.Contains(s, "/")
}

// isWord reports whether a text is a word that YAML 1.1 or 1.2 knows, in any case.
func isWord(s string) bool {
	if len(s) > len("false") {
		return false
	}
	var lower [len("false")]byte
	for i := range len(s) {
		lower[i] = s[i] | 0x20 // makes a word of no other text
	}
	switch string(lower[:len(s)]) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return true
	}
	return false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// insertionSort sorts the few keys of a map as sigs.k8s.io/yaml does.
func insertionSort(pairs []pair) {
	for i := range pairs {
		for j := i; j > 0 && keyLess(pairs[j].key, pairs[j-1].key); j-- {
			pairs[j], pairs[j-1] = pairs[j-1], pairs[j]
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
