package series

// The sets that a [Place] counts points in.
const (
	ProbePoints = "probe" // those of the run, drawn from the data as its configuration says
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
// A difference quotient with X is that between X and the point. Of several places that attain a
// value it is the one that comes first.
type Place struct {
	Set string `json:"set,omitempty"`
	// Points are up to two indices into the set, from 0 in the order in which the run has it.
	Points []int `json:"points,omitempty"`
	// Classes are the labels of Points, empty where they are not known.
	Classes []int `json:"classes,omitempty"`
	// Weight in (0, 1) is the weight of the first of two points in a convex combination.
	Weight float64 `json:"weight,omitempty"`
	// X are the features of a point that is none of the data.
	X []Float `json:"x,omitempty"`
}
