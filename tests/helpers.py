"""What the tests share: ways to run microgpt.py as its users do, and a second, independent model.

The tests never import the program: they run it, as a process or by runpy, with small settings.
"""

import contextlib
import functools
import io
import math
import os
import pathlib
import random
import runpy
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "microgpt.py"
ABC = "abc\nba\ncab\naccb\n"  # a small text: three characters, and BOS is token 3
TINY = ["--n-layer", 2, "--n-embd", 4, "--n-head", 2, "--block-size", 6]
MATRICES = ["wq", "wk", "wv", "wo", "fc1", "fc2"]

def run(*arguments, script=SCRIPT, env=(), encoding="utf-8", **options):
    """Run the program as a process and return it, with its output as text."""
    return subprocess.run(
        [sys.executable, *map(str, [script, *arguments])],
        env={**os.environ, "PYTHONIOENCODING": encoding, **dict(env)},
        encoding=encoding,
        timeout=100,
        **{"stdin": subprocess.DEVNULL, "stdout": -1, "stderr": -1, **options},
    )

@functools.lru_cache(maxsize=None)
def default_run():
    """Return the finished process of a run without options."""
    return run(cwd=str(ROOT))

def load(*arguments, script=SCRIPT, stream=None):
    """Run the program inside this process; return its global names, `output` (a str) among them."""
    output = stream or io.StringIO()
    with mock.patch.object(sys, "argv", [str(script), *map(str, arguments)]):
        with contextlib.redirect_stdout(output):
            names = runpy.run_path(str(script), run_name="__main__")
    names = names["gpt"].__globals__  # run_path returns a copy; these are what the functions see
    names["output"] = output.getvalue()
    return names

class TextCase(unittest.TestCase):
    """A test with a folder of its own for the texts it writes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, content, name="text.txt"):
        """Write a text (str, as UTF-8, or bytes) into the folder and return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def load(self, *arguments, text=ABC):
        """Load the program on a small text, by default without training and samples."""
        return load(self.write(text), "--num-steps", 0, "--num-samples", 0, *arguments)

def losses(output):
    """Return the (loss, mean) pairs of the step lines, still as text."""
    lines = [line.split("|") for line in output.splitlines() if line.startswith("step ")]
    return [(loss.split()[1], mean.split()[1]) for _, loss, mean in lines]

def samples(output):
    """Return what is printed after `sample  n: `."""
    return [line[11:] for line in output.splitlines() if line.startswith("sample ")]

def scatter(model, seed=1, size=0.5):
    """Give a loaded program large random parameters, so that everything in it matters."""
    rng = random.Random(seed)
    for param in model["params"]:
        param.data = rng.gauss(0, size)

def logits_of(model, tokens):
    """Return the logits at each position, as the program computes them."""
    cache = [([], []) for _ in model["layers"]]
    return [model["gpt"](token, position, cache) for position, token in enumerate(tokens)]

def floats(model):
    """Return the weights of a loaded program as plain numbers, outside and inside the layers."""

    def plain(matrix):
        return [[value.data for value in row] for row in matrix]

    outside = {name: plain(model[name]) for name in ("wte", "wpe", "lm_head")}
    return outside, [{name: plain(layer[name]) for name in MATRICES} for layer in model["layers"]]

def softmax(numbers):
    powers = [math.exp(number - max(numbers)) for number in numbers]
    return [power / sum(powers) for power in powers]

def forward(weights, tokens, n_head, square=False):
    """Return the logits at each position, by the formulas alone: an independent computation.

    It takes the whole sequence at once, layer by layer, in plain floats, with no cache: a causal
    mask of minus infinity stands where a position would look at a later one.
    """
    outside, layers = weights

    def times(x, matrix):
        return [[sum(a * b for a, b in zip(row, vector)) for row in matrix] for vector in x]

    def norm(x):
        return [[a / math.sqrt(sum(b * b for b in v) / len(v) + 1e-5) for a in v] for v in x]

    def plus(x, y):
        return [[a + b for a, b in zip(v, w)] for v, w in zip(x, y)]

    places = range(len(tokens))
    x = norm(plus([outside["wte"][token] for token in tokens], [outside["wpe"][t] for t in places]))
    for layer in layers:
        queries, keys, values = (times(norm(x), layer[name]) for name in ("wq", "wk", "wv"))
        size = len(x[0]) // n_head
        heads = [[] for _ in places]
        for start in range(0, len(x[0]), size):
            part = slice(start, start + size)
            for t in places:
                scores = [
                    sum(a * b for a, b in zip(queries[t][part], keys[u][part])) / math.sqrt(size)
                    + (0.0 if u <= t else -math.inf)
                    for u in places
                ]
                chances = softmax(scores)
                heads[t] += [
                    sum(p * values[u][i] for u, p in enumerate(chances))
                    for i in range(start, start + size)
                ]
        x = plus(x, times(heads, layer["wo"]))
        power = 2 if square else 1
        bent = [[max(0.0, a) ** power for a in v] for v in times(norm(x), layer["fc1"])]
        x = plus(x, times(bent, layer["fc2"]))
    return times(x, outside["lm_head"])

def mean_loss(weights, tokens, n_head, square=False):
    """Return the mean of -log(softmax(logits)[next token]) over a sequence."""
    logits = forward(weights, tokens[:-1], n_head, square)
    costs = [-math.log(softmax(scores)[target]) for scores, target in zip(logits, tokens[1:])]
    return sum(costs) / len(costs)
