package generator_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/generator"
)

// TestSameEveryTime generates the same packages 20 times, named in another order each
// time, with files in another order on disk.
func TestSameEveryTime(t *testing.T) {
	files := map[string]string{}
	var patterns []string
	for i := range 6 {
		dir := fmt.Sprintf("p%d/model", i)
		patterns = append(patterns, "./"+dir)
		files[dir+"/types.go"] = fmt.Sprintf("package model\n\ntype T struct{ F%d map[string][]int }\n", i)
		files[dir+"/a.go"] = service("Zebra", i)
		files[dir+"/z.go"] = service("Ant", i)
	}
	dir := module(files)
	t.Cleanup(func() { os.RemoveAll(dir) })

	var want []byte
	for i := range 20 {
		rand.Shuffle(len(patterns), func(i, j int) { patterns[i], patterns[j] = patterns[j], patterns[i] })
		got := code(t, generator.Config{Dir: dir, Patterns: patterns, Check: true})
		if i == 0 {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("run %d differs with packages in the order %v", i, patterns)
		}
	}
}

// service is a file with an interface that uses the types of all packages before i.
func service(name string, i int) string {
	var b strings.Builder
	b.WriteString("package model\n\nimport (\n\t\"context\"\n")
	for j := range i {
		fmt.Fprintf(&b, "\tm%d \"example.com/shop/p%d/model\"\n", j, j)
	}
	fmt.Fprintf(&b, ")\n\n//job:prefix %s\ntype %s interface {\n\t//job:name n%d.%s\n\tDo(ctx context.Context, t T", name, name, i, name)
	for j := range i {
		fmt.Fprintf(&b, ", p%d m%d.T", j, j)
	}
	b.WriteString(") error\n}\n")
	return b.String()
}

// code is all that a run generates.
func code(t *testing.T, cfg generator.Config) []byte {
	t.Helper()
	result, err := generator.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range result.Files {
		b.WriteString(f.Name + "\n")
		b.Write(f.New)
	}
	return b.Bytes()
}

// TestWriteFails checks that a file which cannot be written is an error that names it,
// and that no temporary file is left.
func TestWriteFails(t *testing.T) {
	dir := module(map[string]string{
		"jobs.go":                "package shop\n\nimport \"context\"\n\ntype S interface {\n\t//job:queue q\n\tDo(ctx context.Context) error\n}\n",
		"jobs_gen.go/in-the-way": "",
	})
	t.Cleanup(func() { os.RemoveAll(dir) })
	_, err := generator.Run(context.Background(), generator.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "jobs_gen.go") {
		t.Errorf("got error %v, want one that names jobs_gen.go", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".jobs_gen*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// TestCancelled checks that a run ends with its context.
func TestCancelled(t *testing.T) {
	dir := module(map[string]string{})
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := generator.Run(ctx, generator.Config{Dir: dir, Patterns: []string{"./..."}}); err == nil {
		t.Error("no error, want that of the context")
	}
}

// TestDirection checks what each package may import. The generator is built by every
// user, so it stays light: nothing of the runtime but the cron rules, no store.
func TestDirection(t *testing.T) {
	const module = "github.com/gojobgen/jobgen/"
	for pkg, forbidden := range map[string][]string{
		"generator":                    {module + "runtime", module + "runtime/generated", module + "storage"},
		"cmd/jobgen":                   {module + "runtime", module + "runtime/generated", module + "storage"},
		"generator/internal/directive": {"go/types", "golang.org/x/tools/go/packages", "github.com/dave/jennifer/jen"},
		"generator/internal/model":     {"golang.org/x/tools/go/packages", "github.com/dave/jennifer/jen"},
		"generator/internal/emit":      {"golang.org/x/tools/go/packages"},
		"generator/internal/source":    {"github.com/dave/jennifer/jen"},
	} {
		out, err := exec.Command("go", "list", "-deps", module+pkg).CombinedOutput()
		if err != nil {
			t.Fatalf("go list %s: %v\n%s", pkg, err, out)
		}
		deps := "\n" + string(out)
		for _, bad := range append(forbidden, "testing") {
			if strings.Contains(deps, "\n"+bad+"\n") {
				t.Errorf("%s depends on %s", pkg, bad)
			}
		}
	}
}
