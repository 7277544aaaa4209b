package dashboard

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// masked stands for a value that is not shown.
const masked = "••••••"

// secretWords are parts of names whose values are masked although nothing declares
// them secret.
var secretWords = map[string]bool{
	"password": true, "passwd": true, "pass": true, "passphrase": true, "pwd": true, "pin": true,
	"secret": true, "secrets": true, "token": true, "tokens": true, "jwt": true, "otp": true, "apikey": true, "key": true,
	"authorization": true, "auth": true, "bearer": true, "credential": true, "credentials": true,
	"cookie": true, "cookies": true, "csrf": true, "signature": true, "salt": true,
	"card": true, "cvv": true, "cvc": true, "pan": true, "iban": true, "ssn": true,
}

// secretParts mark a name wherever they stand in it, however it is written.
var secretParts = []string{"password", "passwd", "secret", "apikey", "privatekey", "accesskey", "accesstoken", "refreshtoken", "authorization", "credential", "creditcard", "cardnumber"}

// secretName reports whether a value of this name is masked: "apiKey", "card_number",
// "X-Auth-Token".
func secretName(name string) bool {
	words := nameWords(name)
	for _, w := range words {
		if secretWords[w] {
			return true
		}
	}
	joined := strings.Join(words, "")
	for _, part := range secretParts {
		if strings.Contains(joined, part) {
			return true
		}
	}
	return false
}

// nameWords splits a name at punctuation and at capitals, in lower case.
func nameWords(name string) []string {
	var words []string
	start, runes := 0, []rune(name)
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(string(runes[start:end])))
		}
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			start = i + 1
		case unicode.IsUpper(r) && i > start && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush(i)
			start = i
		}
	}
	flush(len(runes))
	return words
}

// redactJSON masks the values of secret names at any depth and indents the rest.
// Text that is not JSON is returned as it is.
func redactJSON(data []byte, secret func(name string) bool) string {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return string(data)
	}
	return writeJSON(redactValue(value, secret), "  ")
}

func redactValue(value any, secret func(string) bool) any {
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			if secret(k) {
				value[k] = masked
			} else {
				value[k] = redactValue(v, secret)
			}
		}
	case []any:
		for i := range value {
			value[i] = redactValue(value[i], secret)
		}
	}
	return value
}

// writeJSON writes value as JSON for people: "<" and ">" stay as they are.
func writeJSON(value any, indent string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(value); err != nil {
		return masked
	}
	return strings.TrimSuffix(buf.String(), "\n")
}
