package load

import (
	"bytes"

	"cuelang.org/go/cue/token"
)

// isShallow reports whether a file is plainly one that scan lets pass: it has nothing but fields, lists, simple strings,
// numbers and comments in ASCII, and stays below the limits. It counts as scan does, token by token, and gives up at
// whatever it does not know, so that large files of literals are not read twice by CUE's scanner.
func isShallow(data []byte) bool {
	var n nesting
	// ends says that a line end after the last token is a comma, atStart that it was one.
	ends, atStart := false, false
	for i := 0; i < len(data); {
		c := data[i]
		tok, length := token.ILLEGAL, 1
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case c == '\n':
			i++
			if ends {
				n.next(token.COMMA)
				ends, atStart = false, true
			}
			continue
		case c == '/' && i+1 < len(data) && data[i+1] == '/':
			line := bytes.IndexByte(data[i:], '\n')
			if line < 0 {
				line = len(data) - i
			}
			if !isPrintable(data[i : i+line]) {
				return false
			}
			i += line
			continue
		case c == '"':
			tok, length = token.STRING, stringLength(data[i:])
		case isWordByte(c):
			tok, length = word(data[i:])
		default:
			tok = punctuation(c)
		}
		// CUE leaves out the comma at a line end where a comma or colon follows.
		if tok == token.ILLEGAL || length == 0 || atStart && (tok == token.COMMA || tok == token.COLON) {
			return false
		}
		if n.next(tok); n.isDeep() || n.isLong() {
			return false
		}
		i += length
		ends, atStart = tok != token.COMMA && tok != token.COLON && tok != token.LBRACE && tok != token.LBRACK, false
	}
	return true
}

func punctuation(c byte) token.Token {
	switch c {
	case '{':
		return token.LBRACE
	case '}':
		return token.RBRACE
	case '[':
		return token.LBRACK
	case ']':
		return token.RBRACK
	case ',':
		return token.COMMA
	case ':':
		return token.COLON
	}
	return token.ILLEGAL
}

// stringLength returns the length of the string literal at the start of a text; 0 where it is not a simple one.
func stringLength(data []byte) int {
	end := bytes.IndexByte(data[1:], '"') + 2
	if end < 2 || end == 2 && len(data) > 2 && data[2] == '"' || !isPrintable(data[:end]) || bytes.IndexByte(data[:end], '\\') >= 0 {
		return 0
	}
	return end
}

// word returns the token and length of the identifier or decimal number at the start of a text; 0 for a keyword.
func word(data []byte) (token.Token, int) {
	length := 1
	for length < len(data) && isWordByte(data[length]) {
		length++
	}
	if text := string(data[:length]); data[0] > '9' {
		switch token.Lookup(text) {
		case token.IDENT, token.TRUE, token.FALSE, token.NULL:
			return token.IDENT, length
		}
		return token.ILLEGAL, 0
	}
	for i, c := range data[:length] {
		if c > '9' || i == 1 && data[0] == '0' {
			return token.ILLEGAL, 0
		}
	}
	return token.INT, length
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// isPrintable reports whether a part of one line is ASCII without control characters.
func isPrintable(line []byte) bool {
	for _, c := range line {
		if (c < ' ' || c > '~') && c != '\t' {
			return false
		}
	}
	return true
}
