package modelfile

import "errors"

// errKeras is the error for Keras files, which are HDF5, alone or in a zip archive. They are not
// read because a library for them would have to allocate memory by what a file holds, not by what
// its headers claim. scigolib/hdf5 v0.13.1 does not: with one byte changed, a file of 2,096 bytes
// made it allocate 10¹¹ bytes, which ended the process.
var errKeras = errors.New(
	"files of Keras (HDF5) are not supported. In Python, save the weights of the Dense layers as npz: " +
		"numpy.savez('model.npz', **{f'{kind}{i}': a for i, layer in enumerate(l for l in model.layers if " +
		"l.get_weights()) " +
		"for kind, a in zip(['kernel', 'bias'], layer.get_weights())}); or export to ONNX with " +
		"model.export('model.onnx', format='onnx')",
)
