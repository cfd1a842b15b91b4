package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pages returns the pages of the project, relative to this folder. docs/rules.md has a test of its own.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	found = slices.DeleteFunc(found, func(p string) bool { return p == "rules.md" })
	return append(found, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../SECURITY.md")
}

// page is a page's lines and the fenced blocks in it.
type page struct {
	path   string
	lines  []string
	blocks []*block
}

// block is one fenced block.
type block struct {
	// lang is the first word behind the fence, words are the others.
	lang  string
	words []string
	// first and end are its lines in the page, from 0, without the fences.
	first, end int
	text       string
	// section counts the headings above it: a section is one folder.
	section int
	// adjacent says that nothing but blank lines stands between it and the block before.
	adjacent bool
}

func (b *block) has(word string) bool { return slices.Contains(b.words, word) }

// file returns the path that the block is to be written to, if its info string has one.
func (b *block) file() string {
	for _, w := range b.words {
		if slices.Contains([]string{".cue", ".json", ".yaml", ".yml"}, filepath.Ext(w)) {
			return w
		}
	}
	return ""
}

func readPage(t *testing.T, path string) *page {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{path: path, lines: strings.Split(string(data), "\n")}
	var open *block
	section, adjacent := 0, false
	for i, line := range p.lines {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			words := strings.Fields(info)
			if len(words) == 0 {
				t.Errorf("%s:%d: a block without a language", path, i+1)
				words = []string{""}
			}
			open = &block{lang: words[0], words: words[1:], first: i + 1, section: section, adjacent: adjacent}
		case fence:
			open.end = i
			open.text = strings.Join(append(p.lines[open.first:i:i], ""), "\n")
			p.blocks = append(p.blocks, open)
			open, adjacent = nil, true
		case open != nil:
		case strings.HasPrefix(line, "#"):
			section++
			adjacent = false
		case strings.TrimSpace(line) != "":
			adjacent = false
		}
	}
	if open != nil {
		t.Errorf("%s:%d: a block that does not end", path, open.first)
	}
	return p
}

// rewrite writes the page with new texts for some of its blocks.
func (p *page) rewrite(t *testing.T, texts map[*block]string) {
	t.Helper()
	var out bytes.Buffer
	next := 0
	for _, b := range p.blocks {
		text, changed := texts[b]
		if !changed {
			continue
		}
		for _, line := range p.lines[next:b.first] {
			fmt.Fprintln(&out, line)
		}
		out.WriteString(text)
		next = b.end
	}
	out.WriteString(strings.Join(p.lines[next:], "\n"))
	if err := os.WriteFile(p.path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
