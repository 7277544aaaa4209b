package cron

import "strings"

// maxLen bounds an expression, in bytes. One that lists every value of every
// field is about 600 long.
const maxLen = 1024

const wantFields = "write 5 fields (minute, hour, day of month, month, day of week), or 6 with second first"

// macros maps each macro to its expansion.
var macros = map[string]string{
	"@every_second": "* * * * * *",
	"@every_minute": "* * * * *",
	"@hourly":       "0 * * * *",
	"@daily":        "0 0 * * *",
	"@midnight":     "0 0 * * *",
	"@weekly":       "0 0 * * 0",
	"@monthly":      "0 0 1 * *",
	"@yearly":       "0 0 1 1 *",
	"@annually":     "0 0 1 1 *",
}

// parser reads one expression. The current field is expr[start:end], and pos
// is what comes next in it.
type parser struct {
	expr   string
	seed   uint64
	seeded bool

	place           int // of the current field in fields
	start, pos, end int

	out Schedule
}

// token is a piece of the expression between blanks.
type token struct {
	text  string
	start int
}

func (p *parser) parse() (*Schedule, error) {
	if len(p.expr) > maxLen {
		p.expr = p.expr[:maxLen]
		return nil, p.fail(maxLen, "the expression is longer than %d bytes; write lists as ranges", maxLen)
	}
	tokens := p.split()
	if len(tokens) == 0 {
		return nil, p.fail(0, "the expression is empty; %s, or a macro such as @daily", wantFields)
	}
	if tokens[0].text[0] == '@' {
		return p.parseMacro(tokens)
	}
	if strings.Contains(tokens[0].text, "=") {
		return nil, p.fail(tokens[0].start, "a time zone is not part of the expression; give it separately")
	}
	return p.parseFields(tokens)
}

// split cuts the expression at blanks, into at most one token too many.
func (p *parser) split() []token {
	tokens := make([]token, 0, fieldCount+1)
	for i := 0; i < len(p.expr) && len(tokens) <= fieldCount; {
		start := i
		for i < len(p.expr) && p.expr[i] != ' ' && p.expr[i] != '\t' {
			i++
		}
		if i > start {
			tokens = append(tokens, token{p.expr[start:i], start})
		} else {
			i++
		}
	}
	return tokens
}

func (p *parser) parseMacro(tokens []token) (*Schedule, error) {
	name := strings.ToLower(tokens[0].text)
	if name == "@every" {
		return nil, p.fail(tokens[0].start, "@every takes a duration, which cron has not; write a step such as */5 * * * *")
	}
	expansion, ok := macros[name]
	if !ok {
		return nil, p.fail(tokens[0].start, "unknown macro; the macros are @every_second, @every_minute, @hourly, "+
			"@daily, @midnight, @weekly, @monthly, @yearly and @annually")
	}
	if len(tokens) > 1 {
		return nil, p.fail(tokens[1].start, "nothing may follow a macro; remove the rest")
	}
	s, err := Parse(expansion)
	if err == nil {
		s.text = name
	}
	return s, err
}

func (p *parser) parseFields(tokens []token) (*Schedule, error) {
	switch n := len(tokens); {
	case n < fieldCount-1:
		last := tokens[n-1]
		return nil, p.fail(last.start+len(last.text), "found %d of 5 fields; %s", n, wantFields)
	case n > fieldCount:
		return nil, p.fail(tokens[fieldCount].start, "a 7th field is one too many, there is no year; %s", wantFields)
	}
	p.out.second = 1 // second 0
	words := make([]string, len(tokens))
	for i, t := range tokens {
		p.place = fieldCount - len(tokens) + i
		p.start, p.pos, p.end = t.start, t.start, t.start+len(t.text)
		mask, err := p.parseField()
		if err != nil {
			return nil, err
		}
		p.store(mask)
		words[i] = strings.ToUpper(t.text)
	}
	s := p.out
	s.text = strings.Join(words, " ")
	s.firstClock = clock(lowest(s.hour), lowest(s.minute), lowest(s.second))
	s.lastClock = clock(highest(s.hour), highest(s.minute), highest(s.second))
	return &s, nil
}

func (p *parser) store(mask uint64) {
	switch p.place {
	case secondField:
		p.out.second = mask
	case minuteField:
		p.out.minute = mask
	case hourField:
		p.out.hour = mask
	case domField:
		p.out.days.dom = mask
	case monthField:
		p.out.month = mask
	case dowField:
		// Bit 7 is Sunday too.
		p.out.days.dow = (mask | mask>>7) & everyDay
	}
}

func (p *parser) field() *field { return &fields[p.place] }
