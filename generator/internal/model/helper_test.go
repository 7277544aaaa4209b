package model

import "github.com/gojobgen/jobgen/generator/internal/directive"

// oneService is a service S with a method M, as read from source.
func oneService() []*directive.Service {
	return []*directive.Service{{Name: "S", Methods: []*directive.Method{{Name: "M"}}}}
}
