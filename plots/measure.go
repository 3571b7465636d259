package plots

import "math"

var nan = math.NaN()
