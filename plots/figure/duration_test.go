package figure

import "testing"

func TestFormatSeconds(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 s", 0.0042: "0.0042 s", 0.42: "0.42 s", 2.44: "2.4 s", 59: "59 s", 60: "1 min", 200.3: "3 min 20 s",
		3599.6: "1 h", 7500: "2 h 5 min", 86400: "1 d", 349200: "4 d 1 h",
	} {
		if got := FormatSeconds(seconds); got != want {
			t.Errorf("%v s is %q, want %q", seconds, got, want)
		}
	}
}
