package diag

// Style is how a terminal shows text.
type Style string

// The styles that findings and answers have.
const (
	Bold   Style = bold
	Faint  Style = faint
	Red    Style = red
	Green  Style = green
	Yellow Style = yellow
	Cyan   Style = cyan
)

// Paint returns text in a style, or as it is where there is no color.
func Paint(color bool, style Style, text string) string {
	return paint(Options{Color: color}, string(style), text)
}
