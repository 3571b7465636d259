package series

// The metrics of liptrack. Labels are in parentheses. Other labels are empty for the whole network,
// its logits and the 2-norm. Otherwise they name what differs ("upto=1", "of=softmax", "norm=inf")
// or the subset of the probe points ("on=correct", "on=misclassified").
const (
	// Training, once an epoch.
	TrainLoss     = "train_loss"
	TestLoss      = "test_loss"
	TrainAccuracy = "train_accuracy" // fraction in [0, 1]
	TestAccuracy  = "test_accuracy"
	TrainMSE      = "train_mse" // of a regression, in the square of the target's unit (target=name)
	TestMSE       = "test_mse"
	TrainR2       = "train_r2" // of a regression: 1 − mse / variance (target=name); the mean over targets
	TestR2        = "test_r2"
	GradNorm      = "grad_norm"      // ‖∇θ of the mean training loss‖₂
	ParamNorm     = "param_norm"     // ‖θ‖₂
	ParamDistance = "param_distance" // ‖θ − θ₀‖₂
	PathLength    = "path_length"    // Σ over epochs of ‖θₜ − θₜ₋₁‖₂
	LearningRate  = "learning_rate"  // of the next update

	// Updates, one by one, up to the epoch.
	UpdatePath     = "update_path"     // Σ over updates of ‖θₜ₊₁ − θₜ‖₂
	UpdateGradient = "update_gradient" // largest norm of the gradient of an update, after clipping

	// Layers (layer=k, from 1 at the input).
	SpectralNorm  = "spectral_norm"  // σ₁(W)
	FrobeniusNorm = "frobenius_norm" // ‖W‖_F
	StableRank    = "stable_rank"    // ‖W‖²_F / σ₁²
	BiasNorm      = "bias_norm"      // ‖b‖₂
	DeadUnits     = "dead_units"     // hidden units with zero slope at every probe point
	DeadOutputs   = "dead_outputs"   // outputs likewise, for the whole network

	// Jacobian norms ‖J(x)‖ over the probe points.
	LowerBound        = "lower_bound"        // max
	JacobianMean      = "jacobian_mean"      // mean
	JacobianRMS       = "jacobian_rms"       // root mean square
	JacobianQuantile  = "jacobian_quantile"  // (q=0.5)
	JacobianHistogram = "jacobian_histogram" // (bin=<lower edge>): count of probe points

	// Lower bounds over more points than the data.
	EnlargedLowerBound = "enlarged_lower_bound" // the paper's C_{S*}
	NoisyLowerBound    = "noisy_lower_bound"    // (noise=0.1)
	SearchLowerBound   = "search_lower_bound"   // climbing from the data, within its box, or balls (radius=0.5)

	// At adversarial points near the probe points.
	AdversarialLowerBound    = "adversarial_lower_bound"     // max ‖J(x+ε)‖
	AdversarialAltLowerBound = "adversarial_alt_lower_bound" // max ‖f(x+ε)−f(x)‖/‖ε‖
	AdversarialLoss          = "adversarial_loss"            // mean loss at x+ε

	// How the Jacobian changes with the parameters.
	MixedDerivativeMax  = "mixed_derivative_max"  // max ‖∂²f/∂x∂θ‖ over training points
	MixedDerivativeMean = "mixed_derivative_mean" // mean
	MixedDerivativeStd  = "mixed_derivative_std"  // standard deviation
	ParameterJacobian   = "parameter_jacobian"    // max ‖∇θ f(x)‖ over the probe points
	DataDiameter        = "data_diameter"         // max ‖x−y‖ over the probe points, at epoch 0

	// Forces on the spectral norm of each layer (layer=k).
	SingularDrift = "singular_drift" // −⟨uvᵀ, ∇L⟩, u and v the top singular vectors
	SingularNoise = "singular_noise" // standard deviation of ⟨uvᵀ, g⟩ over mini-batches

	// All over the plane, for networks with two inputs.
	GridLowerBound       = "grid_lower_bound"       // max ‖J‖ on a dense grid
	GridBoundaryDistance = "grid_boundary_distance" // from there to another class
	GridNorm             = "grid_norm"              // ‖J‖ (x=0.5,y=-1.5)
	GridClass            = "grid_class"             // class, likewise

	// Lower bound over pairs of probe points.
	AltLowerBound = "alt_lower_bound" // max ‖f(x)−f(y)‖/‖x−y‖

	// Certified upper bounds, from the weights and the slopes of the activations alone.
	UpperProduct         = "upper_product"          // Π ‖W_i‖ · Π Lip(φ_i)
	UpperBalanced        = "upper_balanced"         // likewise, neurons rescaled
	UpperEntrywise       = "upper_entrywise"        // ‖Π |W_i|‖ · Π Lip(φ_i)
	UpperLipLT           = "upper_liplt"            // LipLT, Combettes–Pesquet
	UpperEclipseFast     = "upper_eclipse_fast"     // ECLipsE-Fast
	UpperEclipseScaled   = "upper_eclipse_scaled"   // with optimised scales
	UpperEclipseDiagonal = "upper_eclipse_diagonal" // with diagonal multipliers
	UpperLipSDP          = "upper_lipsdp"           // LipSDP-Neuron, by descent
	UpperLipSDPOptimal   = "upper_lipsdp_optimal"   // LipSDP-Neuron at its optimum
	UpperLipSDPGap       = "upper_lipsdp_gap"       // relative amount by which the optimum can be below it
	UpperBest            = "upper_best"             // the least of them

	// Both bounds by branch and bound on the constant of a small piecewise linear network.
	UpperSandwich = "upper_sandwich" // certified
	LowerSandwich = "lower_sandwich" // ‖J‖ at a point

	// The largest local Lipschitz constant within balls around some probe points (radius=0.1).
	LocalUpper = "local_upper" // certified
	LocalLower = "local_lower" // largest ‖J‖ sampled

	// The Lipschitz constant of a small piecewise linear network.
	ExactLipschitz = "exact_lipschitz"

	// The same quantities by the paper's own power method.
	PaperLower = "paper_lower"
	PaperMean  = "paper_mean"
	PaperRMS   = "paper_rms"
	PaperUpper = "paper_upper"

	// Networks that differ only in their seeds, in their own series; sums over the outputs, means
	// over the test points.
	ExpectedLoss  = "expected_loss"  // mean over seeds of the square loss
	Bias          = "bias"           // ‖y* − mean over seeds‖², unbiased
	Variance      = "variance"       // over seeds, unbiased
	VarianceBound = "variance_bound" // (at=zero|mean,by=lower|upper|product)
)
