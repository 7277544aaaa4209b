package generator_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/gojobgen/jobgen/generator"
)

// A service repository holds an annotated interface; Run writes the code beside it.
func Example() {
	dir := module(map[string]string{
		"email/jobs.go": `package email

import "context"

// Mailer sends mail.
type Mailer interface {
	//job:queue mail
	SendReceipt(ctx context.Context, orderID int64) error
}
`})
	defer os.RemoveAll(dir)

	result, err := generator.Run(context.Background(), generator.Config{Dir: dir, Patterns: []string{"./..."}})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range result.Files {
		fmt.Println(f.Name)
		for line := range strings.Lines(string(f.New)) {
			if strings.HasPrefix(line, "func ") && strings.Contains(line, "EnqueueSendReceipt") {
				fmt.Print(line)
			}
		}
	}
	// Output:
	// email/jobs_gen.go
	// func (c *MailerClient) EnqueueSendReceipt(ctx context.Context, orderID int64, opts ...runtime.Option) (runtime.Handle[runtime.None], error) {
}

// When something is wrong, nothing is written and the error tells everything at once.
func Example_problems() {
	dir := module(map[string]string{
		"email/jobs.go": `package email

import "context"

type Mailer interface {
	//job:que mail
	SendReceipt(ctx context.Context, orderID int64) error
	//job:timeout 5
	SendAll(ctx context.Context, _ []int64) error
}
`})
	defer os.RemoveAll(dir)

	_, err := generator.Run(context.Background(), generator.Config{Dir: dir, Patterns: []string{"./..."}})
	fmt.Println(err)

	var problems generator.Problems
	if errors.As(err, &problems) {
		fmt.Println("the first is in line", problems[0].Line)
	}
	// Output:
	// email/jobs.go:6:2: unknown directive //job:que (did you mean //job:queue?)
	// email/jobs.go:8:16: //job:timeout: "5" is not a duration: write it like 90s, 5m, 1h30m or 30d
	// email/jobs.go:9:31: SendAll: parameter 1 needs a name: it is the key under which the argument is stored
	// 3 problems, no files written
	// the first is in line 6
}

// module writes a module to a temporary folder.
func module(files map[string]string) (dir string) {
	dir, err := os.MkdirTemp("", "jobgen")
	if err != nil {
		log.Fatal(err)
	}
	files["go.mod"] = "module example.com/shop\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			log.Fatal(err)
		}
	}
	return dir
}
