"""Makes the fixtures of modelfile's tests: the same small networks in several formats, with
PyTorch's outputs at a few points in double precision. Made with PyTorch 1.13, NumPy 1.24 and
SciPy 1.10: python3 make.py

lipsdp_random_weights.mat is not made here; lipsdp_random_weights.txt says where it is from.
"""
import json
import struct

import numpy as np
import scipy.io
import torch
from torch import nn

torch.manual_seed(1)
points = torch.randn(4, 3, dtype=torch.float64) * 2
expected = {}


def note(name, net, x=points):
    """Writes down the outputs of a network, its float32 weights taken as float64."""
    net.double().eval()
    expected[name] = {"points": x.flatten(1).tolist(), "outputs": net(x).tolist()}
    net.float()


def onnx(name, net, shown=None, shape=(1, 3), **options):
    """Exports net; shown is what a reader should understand, if not all of it."""
    net.eval()
    torch.onnx.export(net, torch.zeros(shape), name + ".onnx", **options)
    note(name + ".onnx", shown or net, points if shape[1:] == (3,) else torch.randn(4, *shape[1:], dtype=torch.float64))


def safetensors(name, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for key, (kind, array) in tensors.items():
        raw = array.tobytes()
        header[key] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))
state = {k: v.numpy() for k, v in net.state_dict().items()}
note("relu", net)

# The same network in every format.
safetensors("relu.safetensors", {k: ("F32", v) for k, v in state.items()})
np.savez_compressed("relu.npz", **state)
scipy.io.savemat("relu.mat", {f"{'W' if k.endswith('weight') else 'b'}{int(k[0]) // 2 + 1}": v for k, v in state.items()}, do_compression=True)
onnx("relu", net)
onnx("softmax", nn.Sequential(net, nn.Softmax(dim=1)), shown=net)

# Half precision, rounded first so that the outputs are those of what is in the file.
half = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
for p in half[0].parameters():
    p.data = p.data.half().float()
for p in half[2].parameters():
    p.data = p.data.bfloat16().float()
bits = {k: v.half().numpy() if k[0] == "0" else v.bfloat16().view(torch.int16).numpy() for k, v in half.state_dict().items()}
safetensors("half.safetensors", {k: ("F16" if k[0] == "0" else "BF16", v) for k, v in bits.items()})
note("half.safetensors", half)

# What exporters make of the other activations and shapes.
def mlp(activation, **options):
    return nn.Sequential(nn.Linear(3, 4, **options), activation, nn.Linear(4, 2, **options))

batch = {"dynamic_axes": {"x": {0: "n"}}, "input_names": ["x"]}
onnx("gelu", mlp(nn.GELU()), **batch)
onnx("silu", mlp(nn.SiLU()), **batch)
onnx("leaky", mlp(nn.LeakyReLU(0.25)), **batch)
onnx("tanh", mlp(nn.Tanh(), bias=False), **batch)
onnx("softplus", nn.Sequential(mlp(nn.Softplus()), nn.Sigmoid()), **batch)
onnx("flatten", nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Dropout(), nn.ReLU(), nn.Linear(4, 2)), shape=(1, 1, 2, 3), **batch)

normed = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
normed[1].running_mean.uniform_()
normed[1].running_var.uniform_(0.5, 2)
onnx("batchnorm", normed, **batch)


class Scaled(nn.Module):
    """A network of raw inputs and outputs around one of normalised ones."""

    def __init__(self):
        super().__init__()
        self.net = mlp(nn.ReLU())
        self.mean, self.deviation = nn.Parameter(torch.tensor([0.5, -1, 2])), nn.Parameter(torch.tensor([2, 0.25, 3]))

    def forward(self, x):
        y = torch.sigmoid(self.net(((x - self.mean) / self.deviation).view(-1, 3)))
        return y * 10 - self.mean[1]


onnx("scaled", Scaled(), **batch)

with open("expected.json", "w") as f:
    json.dump(expected, f)
