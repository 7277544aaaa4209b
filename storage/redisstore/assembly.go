package redisstore

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// assembly puts the files of one script together. To make a function costs Lua a walk
// over all that others have caught, so a script of the library would pay more for what it
// does not use than for its work. Files that say -- lazy: are therefore wrapped in a
// function, which runs when a name of theirs is looked up first; keys are fields of one
// table, and the names of states are numbers.
type assembly struct {
	seen  []string
	keys  []int
	parts []string
	names []string // in lazy files, each with the number of its file
	lazy  int
}

func (a *assembly) add(name string) {
	if slices.Contains(a.seen, name) {
		return
	}
	a.seen = append(a.seen, name)
	data, err := files.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(fmt.Sprintf("redisstore: script %s: %v", name, err))
	}
	if len(a.seen) == 1 && !strings.Contains(string(data), "\n-- handed: stay\n") {
		a.parts = append(a.parts, fmt.Sprintf("local looks = %t\n", strings.HasPrefix(name, "look")))
		a.add("handed")
	}
	var code, names []string
	lazy := false
	for line := range strings.Lines(string(data)) {
		if keys, ok := strings.CutPrefix(line, "-- keys:"); ok {
			a.declare(name, strings.Fields(keys))
		} else if uses, ok := strings.CutPrefix(line, "-- uses:"); ok {
			for _, other := range strings.Fields(uses) {
				a.add(other)
			}
		} else if strings.HasPrefix(line, "-- lazy:") {
			lazy = true
		} else {
			code = append(code, shorten(line))
			if m := defines.FindStringSubmatch(line); m != nil {
				names = append(names, m[1]+m[2])
			}
		}
	}
	if lazy {
		code = a.wrap(code, names)
	}
	a.parts = append(a.parts, strings.Join(code, ""))
}

// defines is a line that defines a name of the library.
var defines = regexp.MustCompile(`^(?:function L\.((?:on\.)?\w+)\(|L\.(\w+) =)`)

// wrap makes a function of a file and notes the names that it defines.
func (a *assembly) wrap(code, names []string) []string {
	a.lazy++
	for _, name := range names {
		a.names = append(a.names, fmt.Sprintf("%s=%02d;", name, a.lazy))
	}
	return append(append([]string{fmt.Sprintf("M[%d] = function()\n", a.lazy)}, code...), "end\n")
}

// shorten leaves out what is for people only: a line of comment.
func shorten(line string) string {
	text := strings.TrimLeft(line, " \t")
	if text == "\n" || strings.HasPrefix(text, "--") {
		return ""
	}
	return text
}

func (a *assembly) declare(file string, names []string) {
	if slices.Equal(names, []string{"all"}) {
		names = keyNames
	}
	for _, name := range names {
		k := slices.Index(keyNames, name)
		if k < 0 {
			panic(fmt.Sprintf("redisstore: script %s: no key is called %q", file, name))
		}
		if !slices.Contains(a.keys, k) {
			a.keys = append(a.keys, k)
		}
	}
}

var (
	keyWord   = regexp.MustCompile(`\bk_(\w+)\b`)
	stateWord = regexp.MustCompile(`\b(SCHEDULED|AWAITING|ENQUEUED|PROCESSING|SUCCEEDED|FAILED|DELETED)\b`)
)

// stateNumbers are the states by their words in Lua.
var stateNumbers = []string{"", "SCHEDULED", "AWAITING", "ENQUEUED", "PROCESSING", "SUCCEEDED", "FAILED", "DELETED"}

// text is the whole script.
func (a *assembly) text() string {
	code := strings.Join(a.parts, "")
	code = stateWord.ReplaceAllStringFunc(code, func(word string) string {
		return strconv.Itoa(slices.Index(stateNumbers, word))
	})
	library := slices.Contains(a.seen, "codec")
	if library {
		code = keyWord.ReplaceAllString(code, "K.$1")
		code = strings.Replace(code, "NAMES = ''", "NAMES = ';"+strings.Join(a.names, "")+"'", 1)
	}
	return a.head(library) + code
}

// head makes the keys known: as locals, or as fields of the library's table.
func (a *assembly) head(library bool) string {
	if len(a.keys) == 0 {
		return ""
	}
	var names, values, fields []string
	for i, k := range a.keys {
		value := fmt.Sprintf("KEYS[%d]", i+1)
		names = append(names, "k_"+keyNames[k])
		values = append(values, value)
		fields = append(fields, keyNames[k]+" = "+value)
	}
	if library {
		return "local K = {" + strings.Join(fields, ", ") + "}\n"
	}
	return "local " + strings.Join(names, ", ") + " = " + strings.Join(values, ", ") + "\n"
}
