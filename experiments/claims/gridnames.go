package claims

// Metrics of the grid over the plane.
const (
	gridLowerBound       = "grid_lower_bound"
	gridBoundaryDistance = "grid_boundary_distance"
)
