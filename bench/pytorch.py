#!/usr/bin/env python3
"""The PyTorch side of liptrack's benchmarks: prints one JSON object per line, {"name": ..., "seconds": [...]}.

The names are the same as in the Go benchmarks. Each of the --rounds timings is the mean over enough repetitions to fill
--seconds. Usage: pytorch.py [--seconds 0.3] [--rounds 3] [--threads 1] [PATTERN]
"""
import argparse
import json
import re
import time

import torch

FEATURES, CLASSES = 40, 10
NETS = [[16], [64], [256], [1024], [4096], [64, 64], [256, 256], [1024, 1024], [4096, 4096]]


def network(hidden):
    widths = [FEATURES, *hidden, CLASSES]
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers.append(torch.nn.Linear(a, b, bias=False))
        if i < len(hidden):
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def conv_base(channels=25):
    """ConvBase of Greydanus and Kobak (2024) for signals of 40 numbers."""
    layers, before = [], 1
    for size in (5, 3, 3):
        layers += [torch.nn.Conv1d(before, channels, size, stride=2, padding=1, bias=True), torch.nn.ReLU()]
        before = channels
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(5 * channels, CLASSES))


def cnn(width, shape):
    """CNN_w of Khromov and Singh (2024) for pictures."""
    layers, before = [], shape[0]
    for factor, pool in ((1, 1), (2, 2), (4, 2), (8, shape[1] // 4)):
        layers += [torch.nn.Conv2d(before, factor * width, 3, padding=1, bias=False), torch.nn.ReLU(), torch.nn.MaxPool2d(pool)]
        before = factor * width
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(before, CLASSES, bias=False))


CONVOLUTIONAL = {
    "ConvBase": (conv_base, (1, 40), 100),
    "CNN_11-28": (lambda: cnn(11, (1, 28, 28)), (1, 28, 28), 128),
    "CNN_11-32": (lambda: cnn(11, (3, 32, 32)), (3, 32, 32), 128),
}


def update(make, shape, batch, optimizer):
    """A training step: forward, loss, backward, clip, update."""
    torch.manual_seed(1)
    net = make()
    x, y = torch.randn(batch, *shape), torch.randint(0, CLASSES, (batch,))
    params = list(net.parameters())
    opt = torch.optim.SGD(params, lr=1e-3) if optimizer == "sgd" else torch.optim.Adam(params, lr=1e-4)
    loss_f = torch.nn.CrossEntropyLoss()

    def step():
        opt.zero_grad()
        loss_f(net(x), y).backward()
        torch.nn.utils.clip_grad_norm_(params, 50.0)
        opt.step()

    return step


def jacobian_norms(hidden, points):
    """The largest, mean and rms Jacobian norm in closed form, and the spectral norms of the layers."""
    torch.manual_seed(1)
    net = network(hidden)
    weights = [p.detach() for p in net.parameters()]
    x = torch.randn(points, FEATURES)
    chunk = max(1, min(points, 2**26 // (CLASSES * max(hidden))))

    @torch.no_grad()
    def measure():
        norms = []
        for part in x.split(chunk):
            value, masks = part, []
            for w in weights[:-1]:
                value = value @ w.T
                masks.append((value > 0).float())
                value = value * masks[-1]
            jacobian = weights[-1].expand(len(part), -1, -1)
            for w, mask in zip(reversed(weights[:-1]), reversed(masks)):
                jacobian = (jacobian * mask[:, None, :]) @ w
            gram = jacobian @ jacobian.transpose(1, 2)
            norms.append(torch.linalg.eigvalsh(gram)[:, -1].clamp_min(0).sqrt())
        norms = torch.cat(norms)
        for w in weights:
            torch.linalg.matrix_norm(w, 2)
        return norms.max(), norms.mean(), norms.square().mean().sqrt()

    return measure


def cases():
    for optimizer in ("sgd", "adam"):
        for batch in (128, 512):
            for hidden in NETS:
                name = "x".join(map(str, hidden))
                yield f"Update/{optimizer}/net={name}/batch={batch}", lambda h=hidden, b=batch, o=optimizer: update(lambda: network(h), (FEATURES,), b, o)
        for name, (make, shape, batch) in CONVOLUTIONAL.items():
            yield f"Update/{optimizer}/net={name}/batch={batch}", lambda m=make, s=shape, b=batch, o=optimizer: update(m, s, b, o)
    for hidden in NETS[1:-1]:
        yield f"Track/net={'x'.join(map(str, hidden))}", lambda h=hidden: jacobian_norms(h, 4000)


def timing(f, seconds):
    """The mean time of a call, over enough calls to fill the given time."""
    calls, start = 0, time.perf_counter()
    while calls < 3 or time.perf_counter() - start < seconds:
        f()
        calls += 1
    return (time.perf_counter() - start) / calls


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("pattern", nargs="?", default="")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for name, make in cases():
        if re.search(args.pattern, name):
            f = make()
            f()
            times = [timing(f, args.seconds) for _ in range(args.rounds)]
            print(json.dumps({"name": name, "seconds": times}), flush=True)


if __name__ == "__main__":
    main()
