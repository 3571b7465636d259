package series

import (
	"fmt"
	"strconv"
	"strings"
)

// Float is a float64 whose JSON form also carries NaN and the infinities, as the strings
// "NaN", "+Inf" and "-Inf"; finite values are written in the shortest form that reads back
// to the same bits.
type Float float64

// MarshalJSON implements [encoding/json.Marshaler].
func (f Float) MarshalJSON() ([]byte, error) {
	text := strconv.AppendFloat(nil, float64(f), 'g', -1, 64)
	if f-f != 0 { // true of NaN and the infinities
		text = strconv.AppendQuote(nil, string(text))
	}
	return text, nil
}

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (f *Float) UnmarshalJSON(b []byte) error {
	s := string(b)
	number := s
	switch s {
	case `"NaN"`, `"+Inf"`, `"-Inf"`:
		number = strings.Trim(s, `"`)
	}

	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return fmt.Errorf(
			"value %s is neither a number nor one of \"NaN\", \"+Inf\", \"-Inf\"",
			s,
		)
	}

	*f = Float(v)

	return nil
}
