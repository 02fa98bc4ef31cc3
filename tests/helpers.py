"""What the tests share: ways to run the program, as it is or edited, and to read what it prints."""

import contextlib
import functools
import io
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

from run_with import SCRIPT, SOURCE, with_edits, with_settings

ROOT = SCRIPT.parent
NAMES = "abc\nba\ncab\naccb\n"  # a small text: a, b, c are tokens 0, 1, 2, and BOS is 3
SMALL = {"n_layer": 2, "n_embd": 4, "n_head": 2, "block_size": 6}

def run(*arguments, script=SCRIPT, cwd=ROOT, **env):
    """Run the program, or another script, as a process. Return it with its output as text."""
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        cwd=str(cwd),
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **env},
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
    )

def execute(script, *arguments):
    """Run a copy of the program in this process. Return its names and, as "output", its output."""
    with mock.patch.object(sys, "argv", [str(script), *map(str, arguments)]):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            names = runpy.run_path(str(script), run_name="__main__")
    names = names["gpt"].__globals__  # what the program's functions see, where runpy gives a copy
    names["output"] = output.getvalue()
    return names

@functools.lru_cache(maxsize=None)
def default_run():
    """Run the program as it is, in the project's folder, once for all tests. Return its names."""
    folder = os.getcwd()
    os.chdir(str(ROOT))
    try:
        return execute(SCRIPT)
    finally:
        os.chdir(folder)

class ProgramCase(unittest.TestCase):
    """A test with a folder of its own for texts and edited copies of the program."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        """Write a file into the folder, text as UTF-8, and return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def copy(self, *edits, **settings):
        """Write a copy of the program with these (old, new) edits and settings. Return its path."""
        source = with_edits(with_settings(SOURCE, **settings), *edits)
        return self.write("microgpt.py", source)

    def load(self, text=NAMES, *edits, num_steps=0, num_samples=0, **settings):
        """Run an edited copy on a text in this process and return its names."""
        copy = self.copy(*edits, num_steps=num_steps, num_samples=num_samples, **settings)
        return execute(copy, self.write("text.txt", text))

    def last_line_of(self, text, **settings):
        """Run a copy that is refused before anything is trained; return its last line."""
        done = run(text, script=self.copy(**settings))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(losses(done.stdout), [])
        return done.stderr.splitlines()[-1]

    def enter_folder(self):
        """Make the folder the current one until the test ends."""
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(str(self.folder))

def golden(name):
    """Return the lines of a file of figures that the reference printed."""
    return (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()

def figures(output):
    """Return the printed lines without what the reference does not print: means and (known)."""
    lines = [line for line in re.split(r"[\r\n]+", output) if line]
    return [re.sub(r" \| mean .*|  \(known\)", "", line) for line in lines]

def losses(output):
    """Return the printed losses, as text."""
    return re.findall(r"step [^|]*\| loss (\S+) ", output)

def samples(output):
    """Return what is printed after `sample  n: `."""
    return re.findall(r"(?m)^sample +\d+: (.*)$", output)

def gradients(model, doc):
    """Find the gradients of a document's loss alone, and return the loss."""
    for param in model["params"]:
        param.grad = 0.0
    loss = model["loss_of"](doc)
    loss.backward()
    return loss.data

def randomize(model, size=0.5):
    """Give the parameters random numbers large enough for everything in the model to matter."""
    rng = random.Random(1)
    for param in model["params"]:
        param.data = rng.gauss(0, size)

def floats(model):
    """Return the parameters as matrices of plain numbers, in the order of drawing."""
    matrices = [model["wte"], model["wpe"], model["lm_head"]]
    for layer in model["layers"]:
        matrices += [layer[name] for name in ("wq", "wk", "wv", "wo", "fc1", "fc2")]
    return [[[value.data for value in row] for row in matrix] for matrix in matrices]
