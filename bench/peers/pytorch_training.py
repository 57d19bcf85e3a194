#!/usr/bin/env python3
"""Trains with PyTorch, in one thread, the networks that bench/peers/network_training.c trains with heed:
64-256-256-64, swish, squared error, Adam, batches of 64, the same data, first weights and order of
batches. Prints the time of a step and the loss on held-out data, for one network and for five at once.

    apt-get install python3-torch
    /usr/bin/python3 bench/peers/pytorch_training.py
    build/release/bench/peer_network_training
"""
import time

import numpy as np
import torch

IN, WIDTH, OUT, MEMBERS = 64, 256, 64, 5
ROWS, HELD, BATCH, STEPS, RATE = 8192, 1024, 64, 2000, 1e-3


def uniform(first, count):
    """Numbers in [0, 1): splitmix64's finaliser of first, first + 1, ..., as heed_mix64(0, i)."""
    with np.errstate(over="ignore"):
        z = np.uint64(0x9E3779B97F4A7C15) * (np.arange(first, first + count, dtype=np.uint64) + np.uint64(1))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def numbers(first, rows, cols, bound):
    """Numbers in [-bound, bound)."""
    return ((2 * uniform(first, rows * cols) - 1) * bound).astype(np.float32).reshape(rows, cols)


def data():
    """Targets are smooth functions of the inputs: y = sin(x A)."""
    x = numbers(0, ROWS + HELD, IN, 1)
    a = numbers(1 << 32, IN, OUT, 0.5)
    return torch.from_numpy(x), torch.from_numpy(np.sin(x.astype(np.float64) @ a).astype(np.float32))


def first_weights(member):
    sizes = [(IN, WIDTH), (WIDTH, WIDTH), (WIDTH, OUT)]
    gains = [6, 6, 3]  # uniform numbers of variance 2 / inputs, 1 / inputs for the last layer
    return [numbers((2 + 4 * member + i) << 32, rows, cols, (gain / rows) ** 0.5)
            for i, ((rows, cols), gain) in enumerate(zip(sizes, gains))]


class One(torch.nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for i, w in enumerate(first_weights(0)):
            layer = torch.nn.Linear(w.shape[0], w.shape[1])
            layer.weight.data = torch.from_numpy(w.T.copy())
            layer.bias.data.zero_()
            layers += [layer, torch.nn.SiLU()] if i < 2 else [layer]
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class Ensemble(torch.nn.Module):
    def __init__(self):
        super().__init__()
        members = [first_weights(m) for m in range(MEMBERS)]
        self.weights = torch.nn.ParameterList(
            torch.nn.Parameter(torch.from_numpy(np.stack([m[i] for m in members]))) for i in range(3))
        self.biases = torch.nn.ParameterList(
            torch.nn.Parameter(torch.zeros(MEMBERS, 1, cols)) for cols in (WIDTH, WIDTH, OUT))

    def forward(self, x):
        h = x.expand(MEMBERS, -1, -1)
        for i in range(3):
            h = torch.baddbmm(self.biases[i], h, self.weights[i])
            h = torch.nn.functional.silu(h) if i < 2 else h
        return h


def train(name, net, members):
    x, y = data()
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    times = []
    for step in range(STEPS):
        at = step * BATCH % ROWS
        begin = time.perf_counter()
        optimiser.zero_grad()
        # Half the squared error, summed over outputs and members, mean over rows: as heed's gradient.
        loss = 0.5 * ((net(x[at:at + BATCH]) - y[at:at + BATCH]) ** 2).sum() / BATCH
        loss.backward()
        optimiser.step()
        times.append(time.perf_counter() - begin)
    with torch.no_grad():
        held = ((net(x[ROWS:]) - y[ROWS:]) ** 2).mean().item()
    times.sort()
    print(f"{name:<10} {1e6 * times[STEPS // 2]:9.1f} {1e6 * times[STEPS // 20]:9.1f}   {held:.6f}")


def main():
    torch.set_num_threads(1)
    print(f"pytorch {torch.__version__}, one thread: microseconds a step, loss on held-out data")
    print("              median     5 %")
    train("one", One(), 1)
    train("five", Ensemble(), MEMBERS)


if __name__ == "__main__":
    main()
