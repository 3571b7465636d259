package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// UnmarshalJSON is [json.Unmarshal] with errors about the file and not about Go: of a value of
// another kind they name the field, what it holds and what it should.
func UnmarshalJSON(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}

	if wrong.Field == "" {
		return fmt.Errorf("got a JSON %s, want %s", wrong.Value, kindInWords(wrong.Type))
	}
	return fmt.Errorf("%s: got a JSON %s, want %s",
		wrong.Field, wrong.Value, kindInWords(wrong.Type))
}

// kindInWords says what JSON a Go type is read from.
func kindInWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}
