package storagetest

import "github.com/gojobgen/jobgen/storage"

// "Input is copied when the edge of InputFrom is met."
func inputIsResult(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent), inputFrom(parent, "messageID"))
	e.check(e.get(child).Input == nil, "there is no input before the parent succeeded")
	s.end(parent, storage.Succeed, result(`{ "id" : "m-1" }`))
	f := s.take(child)
	e.check(string(f.Job.Input) == `{ "id" : "m-1" }`, "the input is the parent's result: got %q", f.Job.Input)
	e.check(f.Job.InputFrom == parent && f.Job.InputParam == "messageID", "with the parent and parameter: got %+v", f.Job)
}

// InputFrom: "A success without result gives JSON null".
func inputNull(e *env) {
	s := e.session()
	parent := e.enqueue()
	child := e.enqueue(after(parent), inputFrom(parent, "x"))
	s.end(parent, storage.Succeed)
	e.check(string(s.take(child).Job.Input) == "null", "a success without a result gives JSON null: got %q", s.runs[child].Job.Input)
}

// doc.go, what broke the first version: "input is copied at the parent's end".
func inputCopiedEarly(e *env) {
	s := e.session()
	first, slow := e.enqueue(), e.enqueue()
	child := e.enqueue(after(first, slow), inputFrom(first, "x"))
	s.end(first, storage.Succeed, result(`1`))
	e.check(string(e.get(child).Input) == `1`, "the input is copied when its own edge is met, not when the child is released: got %q", e.get(child).Input)
	e.do(storage.Requeue, first)
	s.end(first, storage.Fail)
	s.end(slow, storage.Succeed)
	e.check(string(s.take(child).Job.Input) == `1`, "an edge that was met stays so, with its input: got %q", s.runs[child].Job.Input)
}

func inputOfFinal(e *env) {
	s := e.session()
	parent := e.enqueue()
	s.end(parent, storage.Succeed, result(`[7]`))
	child := e.enqueue(after(parent), inputFrom(parent, "x"))
	e.check(string(s.take(child).Job.Input) == `[7]`, "the input of a parent that is final already: got %q", s.runs[child].Job.Input)
}
