package series

import (
	"fmt"
	"math"
	"strconv"
)

// Float is a float64 whose JSON form also carries NaN and the infinities, as the strings
// "NaN", "+Inf" and "-Inf"; finite values are written in the shortest form that reads back
// to the same bits.
type Float float64

// MarshalJSON implements [encoding/json.Marshaler].
func (f Float) MarshalJSON() ([]byte, error) {
	v := float64(f)
	switch {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Inf"`), nil
	}
	return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
}

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (f *Float) UnmarshalJSON(b []byte) error {
	switch s := string(b); s {
	case `"NaN"`:
		*f = Float(math.NaN())
	case `"+Inf"`:
		*f = Float(math.Inf(1))
	case `"-Inf"`:
		*f = Float(math.Inf(-1))
	default:
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("value %s is neither a number nor one of \"NaN\", \"+Inf\", \"-Inf\"",
				s)
		}

		*f = Float(v)
	}

	return nil
}
