package answer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Comparisons is how the policies of several clusters differ, or of one.
type Comparisons []Comparison

// Write writes the comparisons as one, in one of ComparisonFormats.
func (all Comparisons) Write(w io.Writer, format Format, options ComparisonOptions) error {
	switch format {
	case "text":
		return all.text(w, options)
	case "json":
		return all.json(w)
	case "md":
		return all.markdown(w, options)
	}
	return fmt.Errorf("unknown format `%s`; the formats are text, json and md", format)
}

// IsEmpty reports whether no cluster differs.
func (all Comparisons) IsEmpty() bool {
	for _, c := range all {
		if !c.IsEmpty() {
			return false
		}
	}
	return true
}

// in puts the cluster before each of some texts.
func (c Comparison) in(texts []string) []string {
	if c.Cluster == "" {
		return texts
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = c.Cluster + ": " + text
	}
	return out
}

func (all Comparisons) text(w io.Writer, options ComparisonOptions) error {
	var ignored bytes.Buffer
	for _, c := range all {
		var b bytes.Buffer
		if c.Cluster != "" { // comments are of files, not of clusters
			c.ignoredText(&ignored)
			c.Ignored = nil
		}
		if err := c.text(&b, options); err != nil {
			return err
		}
		for line := range bytes.Lines(b.Bytes()) {
			if c.Cluster != "" {
				line = append([]byte(c.Cluster+": "), line...)
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	}
	_, err := w.Write(ignored.Bytes())
	return err
}

// markdown writes a section for each cluster; each has an equal part of the place.
func (all Comparisons) markdown(w io.Writer, options ComparisonOptions) error {
	var missing error
	place := options.Fit / max(len(all), 1)
	for i, c := range all {
		head := ""
		if c.Cluster != "" {
			head = "### " + code(c.Cluster) + "\n\n"
			if i > 0 {
				head = "\n" + head
			}
		}
		if options.Fit > 0 {
			options.Fit = max(place-len(head), 1)
		}
		if _, err := io.WriteString(w, head); err != nil {
			return err
		}
		switch err := c.markdown(w, options); {
		case errors.Is(err, ErrNotAll):
			missing = errors.Join(missing, err)
		case err != nil:
			return err
		}
	}
	return missing
}
