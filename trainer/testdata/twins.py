"""Draws networks at random, trains them with PyTorch in float64 and writes twins.json and twins.npz, which
TestRandomNetworksArePyTorchs compares with: python3 twins.py FIRST_SEED COUNT twins.json twins.npz. The files here are of
seeds 0, 3, 5, 6, 8, 9, 11, 12, 16, 17, 22 and 25, by PyTorch 1.13.1; seeds 0 to 29 agree."""
import json, sys, numpy as np, torch
from torch import nn
torch.set_num_threads(1)
ACT = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.01), "tanh": nn.Tanh, "gelu": nn.GELU, "none": nn.Identity, "sigmoid": nn.Sigmoid, "silu": nn.SiLU, "softplus": nn.Softplus}

class Residual(nn.Module):
    def __init__(self, body):
        super().__init__(); self.body = body
    def forward(self, x): return x + self.body(x)

def wh(v, one): return v if one else (v if isinstance(v, int) else tuple(v))

def build(layers, shape, classes, default_bias):
    """returns list of (linear modules), module"""
    one = shape[1] == 1
    mods, lins = [], []
    x = torch.zeros(1, shape[0], shape[2]) if one else torch.zeros(1, *shape)
    def act(name): 
        return ACT[name]()
    def go(layers, x, inner=False):
        out = []
        for l in layers:
            if l == "flatten":
                m = nn.Flatten(); out.append(m); x = m(x); continue
            a = l.get("activation", "relu"); b = l.get("bias", default_bias)
            if "dense" in l:
                if x.dim() > 2:
                    m = nn.Flatten(); out.append(m); x = m(x)
                m = nn.Linear(x.shape[1], l["dense"], bias=b); out += [m, act(a)]; lins.append((m, x.shape))
                x = m(x)
            elif "conv" in l:
                c = l["conv"]
                C = nn.Conv1d if one else nn.Conv2d
                g = lambda k, d: wh(c.get(k, d), one)
                m = C(x.shape[1], c["channels"], g("size", 3), g("stride", 1), g("padding", 0), g("dilation", 1), bias=b)
                out += [m, act(a)]; lins.append((m, x.shape)); x = m(x)
            elif "max_pool" in l or "avg_pool" in l:
                k = "max_pool" if "max_pool" in l else "avg_pool"
                c = l[k]
                if c == "global":
                    s = x.shape[2] if one else tuple(x.shape[2:]); c = {"size": s}
                elif isinstance(c, int): c = {"size": c}
                P = {("max_pool", True): nn.MaxPool1d, ("max_pool", False): nn.MaxPool2d, ("avg_pool", True): nn.AvgPool1d, ("avg_pool", False): nn.AvgPool2d}[k, one]
                m = P(wh(c["size"], one), wh(c.get("stride", c["size"]), one), wh(c.get("padding", 0), one)); out.append(m); x = m(x)
            elif "residual" in l:
                body, y = go(l["residual"], x, True)
                m = Residual(nn.Sequential(*body)); out.append(m)
                if "activation" in l: out.append(act(l["activation"]))
        return out, x
    with torch.no_grad():
        out, x = go(layers, x)
        if x.dim() > 2:
            m = nn.Flatten(); out.append(m); x = m(x)
        m = nn.Linear(x.shape[1], classes, bias=default_bias); out.append(m); lins.append((m, x.shape))
    return nn.Sequential(*out), lins

def random_net(r):
    one = r.rand() < .4
    shape = [int(r.randint(1, 4)), 1, int(r.randint(14, 22))] if one else [int(r.randint(1, 4)), int(r.randint(8, 12)), int(r.randint(8, 12))]
    acts = ["relu", "leaky_relu", "tanh", "gelu", "relu", "silu", "sigmoid", "softplus"]
    layers, h, w, ch = [], shape[1], shape[2], shape[0]
    def o(s, k, st, p, d=1): return (s + 2*p - d*(k-1) - 1)//st + 1
    for _ in range(r.randint(1, 4)):
        a = str(r.choice(acts))
        k = int(r.choice([1, 2, 3, 5])); st = int(r.choice([1, 1, 2])); p = int(r.randint(0, 3)); d = int(r.choice([1, 1, 1, 2]))
        nh, nw = (1 if one else o(h, k, st, p, d)), o(w, k, st, p, d)
        if nh < 1 or nw < 2: continue
        ch = int(r.randint(2, 6)); c = {"channels": ch, "size": k, "stride": st, "padding": p}
        if d > 1: c["dilation"] = d
        l = {"conv": c, "activation": a}
        if r.rand() < .3: l["bias"] = bool(r.rand() < .5)
        layers.append(l); h, w = nh, nw
        if r.rand() < .35:
            body = [{"conv": {"channels": ch, "size": 3, "padding": 1}, "activation": str(r.choice(acts))}, {"conv": {"channels": ch, "size": 3, "padding": 1}, "activation": "none"}][: r.randint(1, 3)]
            l = {"residual": body}
            if r.rand() < .6: l["activation"] = str(r.choice(acts))
            layers.append(l)
        if r.rand() < .6 and w >= 4 and (one or h >= 4):
            kind = str(r.choice(["max_pool", "avg_pool"]))
            if r.rand() < .5: c = {"size": 3, "stride": 2, "padding": int(r.randint(0, 2))}
            else: c = 2
            k, st, p = (2, 2, 0) if c == 2 else (3, 2, c["padding"])
            layers.append({kind: c}); h, w = (1 if one else o(h, k, st, p)), o(w, k, st, p)
    if r.rand() < .3: layers.append({str(r.choice(["max_pool", "avg_pool"])): "global"})
    if r.rand() < .5:
        layers.append("flatten"); n = int(r.randint(4, 12)); layers.append({"dense": n, "activation": str(r.choice(acts))})
        if r.rand() < .5: layers.append({"residual": [{"dense": n, "activation": str(r.choice(acts))}]})
    return shape, layers

def flat(m): return torch.cat([p.detach().reshape(-1) for p in m.parameters()]).numpy()

def main(first, count, js, npz):
    cases, arrays = [], {}
    for k in range(first, first + count):
        r = np.random.RandomState(k)
        while True:
            shape, layers = random_net(r)
            if layers: break
        classes, seed = int(r.randint(2, 6)), int(r.randint(1, 1000))
        bias = bool(r.rand() < .7)
        loss = str(r.choice(["cross_entropy", "mse"]))
        opt = [{"name": "sgd", "lr": 0.05, "momentum": 0.0}, {"name": "sgd", "lr": 0.02, "momentum": 0.9}, {"name": "adam", "lr": 0.005}][r.randint(3)]
        n, batch, updates = 24, 7, 40
        x = r.randn(n, *shape).astype(np.float32); y = r.randint(0, classes, n)
        torch.manual_seed(seed)
        m, lins = build(layers, shape, classes, bias)
        init = flat(m).astype(np.float32); m.double()
        X = torch.tensor(x.astype(np.float64)); X = X[:, :, 0, :] if shape[1] == 1 else X
        Y = torch.tensor(y); one_hot = nn.functional.one_hot(Y, classes).double()
        if opt["name"] == "sgd": o = torch.optim.SGD(m.parameters(), lr=opt["lr"], momentum=opt["momentum"])
        else: o = torch.optim.Adam(m.parameters(), lr=opt["lr"])
        losses, grads = [], []
        starts = list(range(0, n, batch))
        for u in range(updates):
            i = starts[u % len(starts)]; s = slice(i, min(i + batch, n))
            o.zero_grad(); z = m(X[s])
            l = nn.functional.cross_entropy(z, Y[s]) if loss == "cross_entropy" else ((z - one_hot[s])**2).sum(1).mean()
            l.backward(); grads.append(float(torch.sqrt(sum((p.grad**2).sum() for p in m.parameters())))); losses.append(float(l)); o.step()
        jac = []
        for i in range(5):
            J = torch.autograd.functional.jacobian(lambda v: m(v), X[i:i+1]).reshape(classes, -1)
            jac.append(float(torch.linalg.svdvals(J)[0]))
        norms = []
        for lin, sh in lins:
            z = torch.zeros((1,) + tuple(sh[1:]), dtype=torch.float64)
            A = torch.autograd.functional.jacobian(lambda v: lin(v), z).reshape(-1, z.numel())
            norms.append(float(torch.linalg.svdvals(A)[0]))
        name = "%d" % k
        cases.append(dict(name=name, shape=shape, layers=json.dumps(layers), classes=classes, seed=seed, bias=bias, loss=loss, optimizer=opt, batch=batch, losses=losses, gradients=grads, jacobians=jac, norms=norms))
        arrays["x" + name] = x; arrays["y" + name] = y.astype(np.int64); arrays["init" + name] = init; arrays["end" + name] = flat(m)
        print(name, shape, layers, loss, opt, len(init), file=sys.stderr)
    json.dump(cases, open(js, "w"))
    np.savez_compressed(npz, **arrays)
if __name__ == "__main__": main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
