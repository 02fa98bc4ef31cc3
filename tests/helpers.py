"""What the tests share: ways to run microgpt.py or an edited copy, and an independent model."""

import contextlib
import functools
import io
import math
import os
import pathlib
import random
import re
import runpy
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from edited import SCRIPT, SOURCE, assigned, replaced

ROOT = SCRIPT.parent
ABC = "abc\nba\ncab\naccb\n"  # a small text: three characters, and BOS is token 3
TINY = {"n_layer": 2, "n_embd": 4, "n_head": 2, "block_size": 6}
RELU = functools.partial(max, 0.0)

def run(*arguments, script=SCRIPT, cwd=ROOT, env=(), **streams):
    """Run the program, or a copy, as a process and return it, with its output as text."""
    command = [sys.executable, *map(str, [script, *arguments])]
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", **dict(env)}
    streams = {"stdin": subprocess.DEVNULL, "stdout": -1, "stderr": -1, **streams}
    return subprocess.run(command, cwd=str(cwd), env=env, encoding="utf-8", timeout=600, **streams)

default_run = functools.lru_cache(maxsize=None)(run)  # run as it is, but only once

def execute(script, *arguments):
    """Run a copy inside this process; return its global names, `output` (a str) among them."""
    command = [str(argument) for argument in (script, *arguments)]
    with mock.patch.object(sys, "argv", command):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            names = runpy.run_path(str(script), run_name="__main__")
    names = names["gpt"].__globals__  # run_path returns a copy; these are what the functions see
    names["output"] = output.getvalue()
    return names

class TextCase(unittest.TestCase):
    """A test with a folder of its own for the texts and the edited copies that it writes."""
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def enter(self, name="."):
        """Make a folder within the test's own the current one until the test ends."""
        (self.folder / name).mkdir(exist_ok=True)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(str(self.folder / name))

    def write(self, content, name="text.txt"):
        """Write a text (str, as UTF-8, or bytes) into the folder and return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def copy(self, *edits, **settings):
        """Write a copy of the program, edited as a reader would: (old, new) pairs and settings."""
        source = assigned(SOURCE, **settings)
        for edit in edits:
            source = replaced(source, *edit)
        return self.write(source, "copy.py")

    def load(self, text=ABC, *edits, **settings):
        """Run a copy on a small text, by default without training and samples; return its names."""
        settings = {"num_steps": 0, "num_samples": 0, **settings}
        return execute(self.copy(*edits, **settings), self.write(text))

def golden(name):
    """Return the lines of a file of figures that the reference has printed."""
    return (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()

def lines(output):
    """Return what was printed with a line for each step, as if none were written over."""
    return re.sub(r"\r\n?", "\n", output)

def figures(output):
    """Return the lines without what the reference does not print: the means, and what is known."""
    return re.sub(r"(?m) \| mean [\d.]+$|  \(known\)$", "", lines(output)).splitlines()

def losses(output):
    """Return the (loss, mean) pairs of the step lines, still as text."""
    return re.findall(r"(?m)^step .*\| loss (\S+) \| mean (\S+)$", lines(output))

def samples(output):
    """Return what is printed after `sample  n: `."""
    return re.findall(r"(?m)^sample [ \d]\d: (.*)$", output)

def gradients(model, step=0):
    """Take a training step at a rate of 0, which only finds gradients, and return the loss."""
    model.update(num_steps=step + 1, learning_rate=0.0)
    return model["train_step"](step)

def scatter(model, seed=1, size=0.5):
    """Give a loaded program large random parameters, so that everything in it matters."""
    rng = random.Random(seed)
    for param in model["params"]:
        param.data = rng.gauss(0, size)

def floats(model):
    """Return the matrices of a loaded program as plain numbers, those of the layers last."""
    layers = [layer[x] for layer in model["layers"] for x in "wq wk wv wo fc1 fc2".split()]
    matrices = [model["wte"], model["wpe"], model["lm_head"], *layers]
    return [[[value.data for value in row] for row in matrix] for matrix in matrices]

def softmax(numbers):
    powers = [math.exp(number - max(numbers)) for number in numbers]
    return [power / sum(powers) for power in powers]

def times(x, matrix):
    return [[sum(a * b for a, b in zip(row, vector)) for row in matrix] for vector in x]

def norm(x):
    return [[a / math.sqrt(sum(b * b for b in row) / len(row) + 1e-5) for a in row] for row in x]

def plus(x, y):
    return [[a + b for a, b in zip(row, other)] for row, other in zip(x, y)]

def forward(weights, tokens, n_head, activation=RELU):
    """Return the logits at each position, by the formulas alone: the whole sequence at once, in
    plain floats, with a causal mask of minus infinity where a position would see a later one."""
    wte, wpe, lm_head, *rest = weights
    x = norm(plus([wte[token] for token in tokens], wpe))
    mask = [[0.0 if u <= t else -math.inf for u in range(len(x))] for t in range(len(x))]
    size = len(x[0]) // n_head
    while rest:
        wq, wk, wv, wo, fc1, fc2, *rest = rest
        parts, heads = [times(norm(x), matrix) for matrix in (wq, wk, wv)], [[] for _ in x]
        for start in range(0, len(x[0]), size):
            queries, keys, values = ([v[start : start + size] for v in part] for part in parts)
            scores = [[s / math.sqrt(size) for s in row] for row in times(queries, keys)]
            shares = [softmax(row) for row in plus(scores, mask)]
            heads = [head + more for head, more in zip(heads, times(shares, [*zip(*values)]))]
        x = plus(x, times(heads, wo))
        hidden = [[activation(a) for a in row] for row in times(norm(x), fc1)]
        x = plus(x, times(hidden, fc2))
    return times(x, lm_head)

def mean_loss(weights, tokens, n_head, activation=RELU):
    """Return the mean of -log(softmax(logits)[next token]) over a sequence."""
    logits = forward(weights, tokens[:-1], n_head, activation)
    costs = [-math.log(softmax(scores)[target]) for scores, target in zip(logits, tokens[1:])]
    return sum(costs) / len(costs)
