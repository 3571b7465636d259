package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// UnmarshalJSON is [json.Unmarshal] with errors about the file instead of Go types: for a value of
// the wrong kind they name the field, the kind that it has and the kind that is wanted.
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

// kindInWords describes the JSON value from which a Go type is read.
func kindInWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number ≥ 0"
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
