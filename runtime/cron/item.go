package cron

import (
	"slices"
	"strings"
)

// parseField reads the current field to its end:
//
//	field = ("*" | "?") [step] | "H" [step] | item {"," item}
//	item  = value ["-" value] [step]
//	step  = "/" number
//
// and besides, where only one value is meant,
//
//	day of month = "L" ["-" number] ["W"] | number "W"
//	day of week  = value "L" | value "#" number
func (p *parser) parseField() (uint64, error) {
	parse := p.parseList
	switch {
	case p.accept('*'), p.accept('?'):
		parse = p.parseStar
	case p.accept('H'):
		parse = p.parseHash
	case p.place == domField && p.accept('L'):
		parse = p.parseLastDay
	}
	mask, err := parse()
	if err == nil && p.pos < p.end {
		err = p.unexpected()
	}
	return mask, err
}

func (p *parser) parseStar() (uint64, error) {
	p.markInterval()
	return p.parseStep(p.field().min, p.field().max)
}

func (p *parser) parseHash() (uint64, error) {
	f := p.field()
	if !p.seeded {
		return 0, p.failField(p.pos-1, "H needs a seed, and there is none here; write a number")
	}
	values := f.hashMax - f.min + 1
	if !p.accept('/') {
		return 1 << (f.min + hash(p.seed, p.place, values)), nil
	}
	p.markInterval()
	step, err := p.parseNumber("step ", 1, f.max)
	if err != nil {
		return 0, err
	}
	last := f.min + f.cycle - 1
	return spread(f.min+hash(p.seed, p.place, min(step, values)), last, step), nil
}

// parseLastDay reads what follows L in day of month.
func (p *parser) parseLastDay() (uint64, error) {
	days := &p.out.days
	days.last = true
	if p.accept('-') {
		n, err := p.parseNumber("offset ", 0, 30)
		if err != nil {
			return 0, err
		}
		days.before = n
	}
	days.nearest = p.accept('W')
	return everyDate, nil
}

// parseList reads items and commas, or the one value that a W, L or # follows.
func (p *parser) parseList() (uint64, error) {
	low, err := p.parseValue()
	if err != nil {
		return 0, err
	}
	days := &p.out.days
	switch {
	case p.place == domField && p.accept('W'):
		days.nearest = true
		return 1 << low, nil
	case p.place == dowField && p.accept('L'):
		days.nth = lastOfMonth
		return 1 << low, nil
	case p.place == dowField && p.accept('#'):
		days.nth, err = p.parseNumber("week ", 1, 5)
		return 1 << low, err
	}
	mask, err := p.parseRange(low)
	for err == nil && p.accept(',') {
		if low, err = p.parseValue(); err != nil {
			break
		}
		var more uint64
		more, err = p.parseRange(low)
		mask |= more
	}
	return mask, err
}

// parseRange reads what may follow the first value of an item.
func (p *parser) parseRange(low int) (uint64, error) {
	high := low
	switch {
	case p.accept('-'):
		p.markInterval()
		var err error
		if high, err = p.parseValue(); err != nil {
			return 0, err
		}
	case p.pos < p.end && p.expr[p.pos] == '/':
		p.markInterval()
		high = p.field().max
	}
	return p.parseStep(low, high)
}

// parseStep reads an optional step and returns the values from low to high.
func (p *parser) parseStep(low, high int) (uint64, error) {
	step := 1
	if p.accept('/') {
		var err error
		if step, err = p.parseNumber("step ", 1, p.field().max); err != nil {
			return 0, err
		}
	}
	return p.field().span(low, high, step), nil
}

func (p *parser) parseValue() (int, error) {
	if p.pos < p.end && isLetter(p.expr[p.pos]) {
		return p.parseName()
	}
	return p.parseNumber("", p.field().min, p.field().max)
}

// parseNumber reads a number of one or two digits. what names it in errors.
func (p *parser) parseNumber(what string, low, high int) (int, error) {
	start := p.pos
	for p.pos < p.end && '0' <= p.expr[p.pos] && p.expr[p.pos] <= '9' {
		p.pos++
	}
	digits := p.expr[start:p.pos]
	if digits == "" {
		return 0, p.missing(low, high)
	}
	n := 0
	for _, d := range digits[:min(len(digits), 3)] {
		n = n*10 + int(d-'0')
	}
	if len(digits) > 2 || n < low || n > high {
		return 0, p.failField(start, "%s%s is out of range %d-%d", what, shorten(digits), low, high)
	}
	return n, nil
}

// parseName reads the name of a month or day, and leaves an L after it.
func (p *parser) parseName() (int, error) {
	start := p.pos
	for p.pos < p.end && isLetter(p.expr[p.pos]) {
		p.pos++
	}
	word := strings.ToUpper(p.expr[start:p.pos])
	names := p.field().names
	if len(word) >= 3 {
		i := slices.Index(names, word[:3])
		if i >= 0 && len(word) == 3 {
			return p.field().min + i, nil
		}
		if i >= 0 && len(word) == 4 && word[3] == 'L' && p.place == dowField {
			p.pos--
			return i, nil
		}
		if i >= 0 {
			return 0, p.failField(start, "%q is not a name; write %s", shorten(word), names[i])
		}
	}
	return 0, p.badWord(start, word)
}

// accept steps over a character, which must be a capital letter or a sign. It
// takes the small letter as well.
func (p *parser) accept(c byte) bool {
	if p.pos < p.end && (p.expr[p.pos] == c || isLetter(c) && p.expr[p.pos] == c|0x20) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) markInterval() {
	if p.field().timed {
		p.out.interval = true
	}
}

func isLetter(c byte) bool {
	c |= 0x20 // to lower case
	return 'a' <= c && c <= 'z'
}
