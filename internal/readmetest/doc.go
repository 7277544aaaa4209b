// Package readmetest keeps README.md true. Each Go block of it stands in the file that
// the comment above it names, and its commands are run. An HTML comment above a block
// says what it is:
//
//	<!-- file: PATH -->   the block stands in this file, word for word
//	<!-- run -->          the commands are run in the root of the repository
//	<!-- newcomer -->     the commands are run in an empty folder that holds the first block
//	<!-- unpublished -->  stands in for the second of those while there is no release
package readmetest

import (
	"fmt"
	"strings"
)

// Block is one fenced block of a Markdown text.
type Block struct {
	Line  int    // of its first line, from 1
	Lang  string // after the opening fence
	Label string // in the comment above it
	Text  string
}

// Blocks are the fenced blocks of a Markdown text.
func Blocks(text string) ([]Block, error) {
	var all []Block
	var open *Block
	label := ""
	for i, line := range strings.SplitAfter(text, "\n") {
		bare := strings.TrimSpace(line)
		fence := strings.HasPrefix(bare, "```")
		switch {
		case fence && open == nil:
			open = &Block{Line: i + 2, Lang: strings.TrimPrefix(bare, "```"), Label: label}
		case fence:
			all = append(all, *open)
			open, label = nil, ""
		case open != nil:
			open.Text += line
		case strings.HasPrefix(bare, "<!--"):
			label = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(bare, "<!--"), "-->"))
		case bare != "":
			label = ""
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: the block does not end", open.Line)
	}
	return all, nil
}
