"""Times LipSDP-Neuron, solved to its optimum, in liptrack and in cvxopt, alternating, on networks
from ECLipsE's generator (4-w-...-1, seed 7w + 13l).

    /usr/bin/python3 bench/lipsdp.py 2x20 10x20     # Debian: python3-cvxopt, python3-numpy, python3-scipy
    /usr/bin/python3 bench/lipsdp.py --rounds 1 8x64 10x60 20x40     # cvxopt takes minutes and GB

Prints for each network the medians of three rounds, their ratio, and cvxopt's optimum. Times are
processor seconds, and cvxopt uses one thread: wall-clock time would depend on other load. For
files (MATLAB files with a cell array "weights", and raw ones with their widths) and for "tiny", it
prints only cvxopt's optimum:

    /usr/bin/python3 bench/lipsdp.py tiny internal/bounds/testdata/lipsdp_random.f64:2-10-30-20-2 \\
        internal/bounds/testdata/lipsdp_mnist.f32:784-50-10
"""
import argparse, os, resource, statistics, subprocess, tempfile, time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy loads it

import numpy as np
from cvxopt import matrix, solvers, spmatrix



def network(layers, width):
    np.random.seed(7 * width + 13 * layers)
    dims = [4] + [width] * (layers - 1) + [1]
    weights = []
    for inputs, outputs in zip(dims[:-1], dims[1:]):
        norm = np.random.uniform(0.4, 1.8)
        weight = np.random.randn(outputs, inputs)
        weights.append(norm * weight / np.linalg.norm(weight, 2))
    return weights


TINY = [np.array([[3.0, -1, 2], [-2, 7, 1], [5, -3, -1]]), np.eye(3)]  # uwaa-ndcl/local_lipschitz


def weights_of(name):
    """Returns the weights in a file, or None for a network of the generator."""
    if name == "tiny":
        return TINY
    if name.endswith(".mat"):
        import scipy.io
        return [np.array(w, dtype=float) for w in scipy.io.loadmat(name)["weights"][0]]
    if ":" not in name:
        return None

    path, widths = name.split(":")
    dims = [int(d) for d in widths.split("-")]
    numbers = np.fromfile(path, "<f4" if path.endswith(".f32") else "<f8").astype(float)
    weights, start = [], 0
    for inputs, outputs in zip(dims[:-1], dims[1:]):
        weights.append(numbers[start:start + inputs * outputs].reshape(outputs, inputs))
        start += inputs * outputs
    return weights


def by_cvxopt(weights):
    """Minimises rho subject to M(rho, lambda) >= 0, with weights divided by their norms."""
    if weights[0].shape[1] > weights[0].shape[0]:  # no more inputs than rows are needed
        weights = [np.linalg.qr(weights[0].T)[1].T] + weights[1:]
    norms = [np.linalg.norm(w, 2) for w in weights]
    weights = [w / n for w, n in zip(weights, norms)]
    offsets = np.cumsum([0, weights[0].shape[1]] + [w.shape[0] for w in weights[:-1]])
    order, entries = int(offsets[-1]), []
    for i in range(int(offsets[1])):
        entries.append((-1.0, i * order + i, 0))
    variable = 1
    for layer, w in enumerate(weights[:-1]):
        for j in range(w.shape[0]):
            e = int(offsets[layer + 1]) + j
            entries.append((-1.0, e * order + e, variable))
            for c in range(w.shape[1]):
                x = int(offsets[layer]) + c
                entries.append((0.5 * float(w[j, c]), x * order + e, variable))
                entries.append((0.5 * float(w[j, c]), e * order + x, variable))
            variable += 1

    values, rows, columns = zip(*entries)
    h = np.zeros((order, order))
    last = int(offsets[-2])
    h[last:, last:] = -weights[-1].T @ weights[-1]
    objective = matrix(0.0, (variable, 1))
    objective[0] = 1
    solvers.options.update(show_progress=False, reltol=1e-4, abstol=1e-12)
    g = spmatrix(values, rows, columns, (order * order, variable))
    start = time.process_time()
    solution = solvers.sdp(objective, Gs=[g], hs=[matrix(h)])
    return time.process_time() - start, float(np.sqrt(solution["primal objective"]) * np.prod(norms))


def by_liptrack(name, binary):
    """Returns the processor seconds of a solution, from the difference of runs that solve 1 + 4 times and once."""
    def processor(times):
        command = [binary, "-test.run", "^$", "-test.bench", f"LipSDPOptimal/{name}$", "-test.benchtime", f"{times}x"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=True, cwd="internal/bounds")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return (processor(4) - processor(1)) / 4


parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("networks", nargs="*", default=["2x20", "10x20"])
arguments = parser.parse_args()

binary = None
for name in arguments.networks:
    weights = weights_of(name)
    if weights is not None:
        seconds, optimum = by_cvxopt(weights)
        print(f"{name}: cvxopt {seconds:.3f} s, optimum {optimum:.9g}", flush=True)
        continue

    if binary is None:
        binary = os.path.join(tempfile.mkdtemp(), "bounds.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./internal/bounds"], check=True,
                       env={**os.environ, "GOEXPERIMENT": "simd"})

    layers, width = map(int, name.split("x"))
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        ours.append(by_liptrack(name, binary))
        seconds, optimum = by_cvxopt(network(layers, width))
        theirs.append(seconds)
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{name}: liptrack {a:.3f} s, cvxopt {b:.3f} s, ratio {a / b:.3f}; cvxopt's optimum {optimum:.9g}", flush=True)
