package plots

// Keys of a header's configuration that pages understand. Each is optional: what a page would
// say or draw because of it is left out where it is absent. Everything else in the
// configuration is shown as it is.
const (
	keyAbout       = "description"  // what the experiment shows
	keyLayers      = "model.layers" // hidden layers of all kinds
	keyHidden      = "model.hidden" // widths of the hidden layers, "[64, 64]"
	keyBias        = "model.bias"
	keyStandardize = "data.standardize"
	keyActivation  = "model.activation" // of the hidden layers
	keyParameters  = "model.parameters" // number of parameters p
	keyData        = "data.name"        // name of the data set
	keyPoints      = "data.points"      // number of training points n
	keyClasses     = "data.classes"     // number of classes K
	keyLoss        = "train.loss"       // cross_entropy, mse, ...
	keyGiveUpLoss  = "stop.give_up.train_loss"
)
