package redisstore

import (
	"path"
	"strings"
)

// Script is a script as the server gets it.
type Script struct {
	Name string
	Text string
	Keys []string // the names of the keys it declares
}

// Scripts are all files of the folder lua, each put together as a script.
func Scripts() (all []Script) {
	entries, err := files.ReadDir("lua")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		sc := load(strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
		one := Script{Name: sc.name, Text: sc.text}
		for _, k := range sc.keys {
			one.Keys = append(one.Keys, keyNames[k])
		}
		all = append(all, one)
	}
	return all
}
