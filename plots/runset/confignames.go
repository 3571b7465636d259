package runset

// Configuration keys that pages interpret. Each is optional: a page leaves out what it cannot say
// without the key. All other keys are only listed.
const (
	KeyAbout       = "description"  // what the experiment shows
	KeyLayers      = "model.layers" // hidden layers of all kinds
	KeyHidden      = "model.hidden" // widths of the hidden layers, "[64, 64]"
	KeyBias        = "model.bias"
	KeyStandardize = "data.standardize"
	KeyActivation  = "model.activation" // of the hidden layers
	KeyParameters  = "model.parameters" // number of parameters p
	KeyData        = "data.name"        // name of the data set
	KeyTrain       = "data.train"       // file of the training points
	KeyPoints      = "data.points"      // number of training points n
	KeyTask        = "data.task"        // classification or regression
	KeyClasses     = "data.classes"     // number of classes K
	KeyOutputs     = "data.outputs"     // number of targets of a regression
	KeyLoss        = "train.loss"       // cross_entropy, mse, ...
	KeyEpochs      = "stop.epochs"      // maximum number of epochs
	KeyGiveUpLoss  = "stop.give_up.train_loss"
)
