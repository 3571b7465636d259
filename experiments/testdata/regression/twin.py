"""Makes the files beside it: a regression with two targets of very different units, what least
squares come to on it, and a training of PyTorch's with what numpy says of its checkpoints."""
import json

import numpy as np
import torch

rng = np.random.default_rng(16)


def points(n):
    temperature, flow = rng.uniform(20, 80, n), rng.uniform(10, 90, n)
    pressure = rng.uniform(1e5, 3e5, n)
    power = 0.5 * temperature + 2e-4 * pressure + 1.5 * flow + 0.01 * flow**2 + rng.normal(0, 5, n)
    wear = 1e-5 * temperature * flow + rng.normal(0, 0.004, n)
    return np.round(np.column_stack([temperature, pressure, flow, power, wear]), 5)


def scores(predicted, y):
    mse = ((predicted - y) ** 2).mean(axis=0)
    return {"mse": mse.tolist(), "r2": (1 - mse / y.var(axis=0)).tolist()}


header = "temperature,pressure,flow,power,wear"
train, test = points(60), points(30)
np.savetxt("train.csv", train, "%.5f", ",", header=header, comments="")
np.savetxt("test.csv", test, "%.5f", ",", header=header, comments="")

with_one = lambda t: np.column_stack([t[:, :3], np.ones(len(t))])
weights = np.linalg.lstsq(with_one(train), train[:, 3:], rcond=None)[0]
expected = {
    # Weights in the targets' units over the features'.
    "weights": weights[:3].T.tolist(),
    "train": scores(with_one(train) @ weights, train[:, 3:]),
    "test": scores(with_one(test) @ weights, test[:, 3:]),
    "mean": train[:, 3:].mean(axis=0).tolist(), "std": train[:, 3:].std(axis=0).tolist(),
}

# PyTorch trains on features of its own scale and on raw targets.
torch.manual_seed(1)
scale = np.array([50, 2e5, 50])
x, y = torch.tensor(train[:, :3] / scale, dtype=torch.float32), torch.tensor(train[:, 3:], dtype=torch.float32)
np.savez("points.npz", x=train[:, :3] / scale, y=train[:, 3:], x_test=test[:, :3] / scale, y_test=test[:, 3:])
model = torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
expected["checkpoints"] = {}
for epoch in range(1, 201):
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).sum(dim=1).mean()
    loss.backward()
    optimizer.step()
    if epoch % 100 == 0:
        torch.save(model.state_dict(), f"checkpoints/mlp_{epoch}.pt")
        double = torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).double()
        double.load_state_dict(model.state_dict())
        predict = lambda t: double(torch.tensor(t[:, :3] / scale)).detach().numpy()
        of = {"train": scores(predict(train), train[:, 3:]), "test": scores(predict(test), test[:, 3:])}
        of["loss"] = sum(of["train"]["mse"])
        expected["checkpoints"][epoch] = of

with open("expected.json", "w") as out:
    json.dump(expected, out, indent=1)
