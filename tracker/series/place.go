package series

// The sets to which the indices of a [Place] refer.
const (
	ProbePoints = "probe" // the probe points of the run, drawn from the data according to its configuration
	TrainPoints = "train"
	TestPoints  = "test"
)

// Place is where a lower bound is attained, so that it can be checked by one evaluation. It has one
// of these forms:
//
//	{"set":"probe","points":[12],"classes":[3]}         a point of the data
//	{"set":"train","points":[3,50],"weight":0.3}        0.3·(point 3) + 0.7·(point 50)
//	{"set":"probe","points":[7],"x":[0.25,…]}           the point x, reached from point 7
//	{"x":[0.25,…]}                                      the point x
//	{"set":"probe","points":[12,40]}                    two points, of a difference quotient
//
// A difference quotient with X is taken between X and the point. If several places attain a value,
// the first is recorded.
type Place struct {
	Set string `json:"set,omitempty"`
	// Points are up to two indices into the set, from 0 in the order of the run.
	Points []int `json:"points,omitempty"`
	// Classes are the labels of Points, empty if they are not known.
	Classes []int `json:"classes,omitempty"`
	// Weight in (0, 1) is the weight of the first of two points in a convex combination.
	Weight float64 `json:"weight,omitempty"`
	// X are the features of a point that is not in the data.
	X []Float `json:"x,omitempty"`
}
