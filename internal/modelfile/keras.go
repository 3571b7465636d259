package modelfile

import "errors"

// errKeras is the error of Keras's files, which are HDF5, alone or in a zip archive. A library for
// them would have to take memory by what a file holds, not by what its headers claim: with
// scigolib/hdf5 v0.13.1, a file of 2,096 bytes, one of which was changed, asked for 10¹¹ bytes and
// so ended the process.
var errKeras = errors.New(
	"files of Keras (HDF5) are not read. In Python, save the weights of the Dense layers as npz: " +
		"numpy.savez('model.npz', **{f'{kind}{i}': a for i, layer in enumerate(l for l in model.layers if " +
		"l.get_weights()) " +
		"for kind, a in zip(['kernel', 'bias'], layer.get_weights())}); or export to ONNX with " +
		"model.export('model.onnx', format='onnx')",
)
