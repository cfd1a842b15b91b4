package answer

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/npgen/npgen/gen/ignore"
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
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = inCluster(c.Cluster, text)
	}
	return out
}

// folded joins clusters that differ in the same way.
func (all Comparisons) folded(options ComparisonOptions) ([]alike, error) {
	var names, texts []string
	for _, c := range all {
		var b bytes.Buffer
		if c.Cluster != "" { // comments are of files, not of clusters
			c.Ignored = nil
		}
		if err := c.text(&b, options); err != nil {
			return nil, err
		}
		names, texts = append(names, c.Cluster), append(texts, b.String())
	}
	return folded(names, texts), nil
}

func (all Comparisons) text(w io.Writer, options ComparisonOptions) error {
	// What is alike where it is cut may differ in what is cut.
	whole, err := all.folded(ComparisonOptions{All: true})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, group := range whole {
		one, err := all[group.first : group.first+1].folded(options)
		if err != nil {
			return err
		}
		group.text = one[0].text
		out.Write(group.lines())
	}
	for _, c := range all {
		if c.Cluster != "" {
			c.ignoredText(&out)
		}
	}
	_, err = w.Write(out.Bytes())
	return err
}

// markdown writes a section for each cluster, or for those that differ in the same way; each has an equal part of the
// place.
func (all Comparisons) markdown(w io.Writer, options ComparisonOptions) error {
	groups, err := all.folded(ComparisonOptions{All: true})
	if err != nil {
		return err
	}
	var ignored []ignore.Comment
	for _, c := range all {
		ignored = append(ignored, c.Ignored...)
	}
	var missing error
	place := options.Fit / max(len(groups), 1)
	for i, group := range groups {
		head := group.heading(place / 2)
		if i > 0 {
			head = "\n" + head
		}
		if options.Fit > 0 {
			options.Fit = max(place-len(head), 1)
		}
		if _, err := io.WriteString(w, head); err != nil {
			return err
		}
		c := all[group.first]
		if c.Ignored = nil; i == 0 {
			c.Ignored = ignored
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

// heading names the clusters of a section, in at most so many characters where it can; 0 is any number.
func (a alike) heading(most int) string {
	if len(a.names) == 0 {
		return ""
	}
	if len(a.names) <= mostClusters {
		return "### " + codes(a.names) + "\n\n"
	}
	head := fmt.Sprintf("### %s and %d more clusters, alike\n\n", codes(a.names[:mostClusters-1]), len(a.names)-mostClusters+1)
	if names := codes(a.names) + "\n\n"; most == 0 || len(head)+len(names) <= most {
		return head + names
	}
	return head
}
