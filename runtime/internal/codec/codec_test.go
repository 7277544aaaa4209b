package codec_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/codec"
)

type simple struct {
	On    bool          `json:"on"`
	Small int8          `json:"small"`
	Big   int64         `json:"big"`
	Size  uint16        `json:"size"`
	Huge  uint64        `json:"huge"`
	Wait  time.Duration `json:"wait"`
	Name  string        `json:"name"`
}

type mixed struct {
	ID     int64           `json:"id"`
	Price  float64         `json:"price"`
	When   time.Time       `json:"when"`
	Number json.Number     `json:"number"`
	Tags   []string        `json:"tags"`
	Raw    json.RawMessage `json:"raw"`
	Next   *simple         `json:"next"`
	Note   string          `json:"note"`
}

// Types whose fields encoding/json chooses or writes by rules of its own.
type (
	omits struct {
		A int `json:"a,omitempty"`
	}
	quotes struct {
		A int `json:"a,string"`
	}
	hidden struct {
		A int `json:"-"`
		B int `json:"b"`
	}
	twice struct {
		A int `json:"a"`
		B int `json:"A"`
	}
	untagged struct{ A int }
	embeds   struct {
		simple
		A int `json:"a"`
	}
	empty struct{}
	odd   struct {
		A int `json:"a<b"`
	}
	quoted struct {
		A int `json:"it's"`
	}
	erased struct {
		A int "json:\"a\x7f\""
	}
)

var texts = []string{
	"", "plain", `with "quotes" and \`, "<b>&amp;</b>", "line\nend\ttab", "Grüße, 世界 😀", "bad \xff utf-8", "\u2028\u2029", "\x00\x1f\x7f",
}

func same(t *testing.T, v any) {
	t.Helper()
	want, wantErr := json.Marshal(v)
	got, err := codec.Marshal(v)
	if string(got) != string(want) || (err == nil) != (wantErr == nil) {
		t.Fatalf("%T: got %s, %v, want %s, %v", v, got, err, want, wantErr)
	}
	if err == nil && reflect.TypeOf(v) != nil {
		sameRead(t, got, reflect.TypeOf(v))
	}
}

// sameRead reads data as a value of a type in both ways.
func sameRead(t *testing.T, data []byte, of reflect.Type) {
	t.Helper()
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	want, got := reflect.New(of), reflect.New(of)
	wantErr, err := json.Unmarshal(data, want.Interface()), codec.Unmarshal(data, got.Interface())
	if !reflect.DeepEqual(got.Interface(), want.Interface()) || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%s as %v: got %+v, %v, want %+v, %v", data, of, got.Elem(), err, want.Elem(), wantErr)
	}
}

func TestAsEncodingJSON(t *testing.T) {
	for _, s := range texts {
		same(t, s)
		same(t, &simple{Name: s, On: true, Small: -128, Big: math.MinInt64, Size: 65535, Huge: math.MaxUint64, Wait: time.Hour})
		same(t, &mixed{Note: s, Price: 1e21, When: time.Unix(1, 2).UTC(), Number: "12", Tags: []string{s}, Raw: json.RawMessage(`{ "a": [1] }`), Next: &simple{Name: s}})
	}
	for _, v := range []any{
		&simple{}, &mixed{}, simple{Name: "by value"}, (*simple)(nil), nil, 1, int64(-1), int64(math.MinInt64), 1.5, true, []int{1}, map[string]int{"a": 1},
		&omits{}, &quotes{A: 1}, &hidden{1, 2}, &twice{1, 2}, &untagged{1}, &embeds{simple{}, 1}, &empty{}, &odd{1}, &quoted{1}, &erased{1}, &struct {
			F func() `json:"f"`
		}{}, &mixed{Price: math.NaN()}, &mixed{Number: "no number"},
	} {
		same(t, v)
	}
}

func TestReadsWhatOthersWrote(t *testing.T) {
	for _, data := range []string{
		``, `null`, `{}`, `[]`, `{"on":true}`, ` {"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n"} `,
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}x`,
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n","more":1}`,
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n","name":"m"}`,
		`{"name":"n","on":true,"small":1}`, `{"ON":true,"Small":1}`,
		`{"on":1,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":null,"small":null,"big":2,"size":3,"huge":4,"wait":5,"name":null}`,
		`{"on":true,"small":128,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":01,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":-0,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":1.0,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":1e1,"big":2,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":1,"big":9223372036854775808,"size":3,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":1,"big":-9223372036854775808,"size":-1,"huge":4,"wait":5,"name":"n"}`,
		`{"on":true,"small":1,"big":2,"size":3,"huge":18446744073709551616,"wait":5,"name":"n"}`,
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"\u00fc"}`,
		"{\"on\":true,\"small\":1,\"big\":2,\"size\":3,\"huge\":4,\"wait\":5,\"name\":\"\xff\"}",
		"{\"on\":true,\"small\":1,\"big\":2,\"size\":3,\"huge\":4,\"wait\":5,\"name\":\"\n\"}",
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n`,
		`{"on":true,"small":1,"big":2,"size":3,"huge":4,"wait":5,"name":"n"`,
	} {
		sameRead(t, []byte(data), reflect.TypeFor[simple]())
		sameRead(t, []byte(data), reflect.TypeFor[mixed]())
	}
	if err := codec.Unmarshal([]byte("1"), (*simple)(nil)); err == nil {
		t.Error("read into nothing")
	}
}

func FuzzMarshal(f *testing.F) {
	for i, s := range texts {
		f.Add(i%2 == 0, int8(i), int64(-i), uint16(i), uint64(i), s)
	}
	f.Fuzz(func(t *testing.T, on bool, small int8, big int64, size uint16, huge uint64, name string) {
		same(t, &simple{on, small, big, size, huge, time.Duration(big), name})
	})
}

func FuzzUnmarshal(f *testing.F) {
	for _, s := range texts {
		data, err := json.Marshal(&simple{Name: s})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameRead(t, data, reflect.TypeFor[simple]()) })
}
