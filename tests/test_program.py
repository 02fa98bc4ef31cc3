"""The program as people use it: edited, in a notebook, interrupted, behind a prompt."""

import contextlib
import gc
import io
import os
import re
import signal
import subprocess
import sys
import unittest
from unittest import mock

import edited
from helpers import ABC, ROOT, SOURCE, TINY, TextCase, gradients, losses, run, samples

SETTINGS = "dataset n_layer n_embd n_head block_size num_steps learning_rate num_samples"
SETTINGS += " temperature seed"
EDITED = ROOT / "tests" / "edited.py"

class Settings(TextCase):
    def test_each_is_a_plain_assignment_with_a_comment(self):
        found = [re.fullmatch(r"(\w+) = \S+ +# \S.*", line) for line in edited.SETTINGS]
        self.assertEqual(" ".join(match.group(1) for match in found), SETTINGS)

    def test_an_edit_is_made_once_or_refused(self):
        source = 'a = 1\nb = "x y"  # a = 2\nb2 = 3\n'
        self.assertEqual(edited.assigned(source, a=5, b="z"), "a = 5\nb = 'z'  # a = 2\nb2 = 3\n")
        self.assertEqual(edited.replaced(source, "b2 = 3", "c"), 'a = 1\nb = "x y"  # a = 2\nc\n')
        for name, count in (("c", 0), ("b2", 2)):
            with self.assertRaisesRegex(edited.NotOnce, f"{count} settings named {name}, not 1"):
                edited.assigned(source + "b2 = 3\n", **{name: 1})
        for old, count in (("y z", 0), ("b", 2)):
            with self.assertRaisesRegex(edited.NotOnce, f"{count} of these, not 1:\n{old}"):
                edited.replaced(source, old, "")

class ByHand(TextCase):  # python tests/edited.py
    def test_values_are_literals_or_text_and_the_text_to_learn_from_may_be_named(self):
        self.write(ABC)
        few = ["num_steps=2", "num_samples=1", "temperature=1.0", "seed=-1"]
        done = run(*few, "text.txt", script=EDITED, cwd=self.folder)
        self.assertEqual((done.returncode, len(losses(done.stdout))), (0, 2), done.stderr)
        same = run(*few, "dataset=text.txt", script=EDITED, cwd=self.folder)
        self.assertEqual(same.stdout, done.stdout)
        for text, value in (("1e-3", 0.001), ("'1'", "1"), ("two words.txt", "two words.txt")):
            self.assertEqual(edited.literal(text), value)

    def test_help_lists_the_settings_and_what_cannot_be_edited_is_refused(self):
        done = run("--help", script=EDITED)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-10:]), (0, edited.SETTINGS))
        for arguments, words in [
            (["n_layers=2"], "0 settings named n_layers"),
            (["--n-layer", "2"], "settings are name=value"),
            (["a.txt", "b.txt"], "one text is enough"),
            (["n_head=3"], "AssertionError: n_embd must be a multiple of n_head"),
        ]:
            done = run(*arguments, script=EDITED)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(words, done.stderr.splitlines()[-1])

    @unittest.skipUnless(os.name == "posix", "no process groups here")
    def test_ctrl_c_ends_the_copy_and_removes_it(self):
        command = [sys.executable, str(EDITED), str(self.write(ABC)), "num_steps=9999999"]
        (self.folder / "here").mkdir()
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(self.folder / "here")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=env, start_new_session=True, **pipes) as program:
            program.stdout.read(200)  # until it trains
            os.killpg(program.pid, signal.SIGINT)
            errors = program.communicate(timeout=60)[1].decode("utf-8").splitlines()
        self.assertEqual((program.returncode, errors[-1]), (128 + 2, "KeyboardInterrupt"))
        self.assertEqual(list((self.folder / "here").iterdir()), [])

class Notebook(TextCase):
    def setUp(self):
        super().setUp()
        self.write(ABC, "input.txt")
        self.enter()

    def cells(self, **settings):
        return re.split("(?m)^(?=# %%)", edited.assigned(SOURCE, **settings))

    def execute(self, names, *cells):
        """Execute sources one after another as a notebook would; return the output."""
        output = io.StringIO()
        with mock.patch.object(sys, "argv", ["ipykernel_launcher.py", "-f", "kernel.json"]):
            with contextlib.redirect_stdout(output):
                for cell in cells:
                    exec(compile(cell, "<cell>", "exec"), names)
        return output.getvalue()

    def test_its_cells_run_and_run_again_with_the_same_result(self):
        names, cells = {}, self.cells(num_steps=3, num_samples=2, n_embd=4)
        once = self.execute(names, *cells)
        self.assertEqual((len(cells), len(losses(once)), len(samples(once))), (1 + 9, 3, 2))
        self.assertEqual(self.execute(names, *cells), once)

    def test_interrupted_anywhere_in_training_it_samples_and_trains_on_with_right_gradients(self):
        calls = 0

        def interrupt(frame, event, argument):
            nonlocal calls
            ours = frame.f_code.co_filename == "<cell>" and frame.f_code.co_name != "<module>"
            calls -= ours and event in ("call", "c_call")
            if calls == 0:
                sys.setprofile(None)
                raise KeyboardInterrupt

        cells, names, fresh = self.cells(**TINY, num_samples=3, learning_rate=0.1), {}, {}
        self.execute(names, *cells[:-2])
        self.execute(fresh, *cells[:-2], cells[-2].split("losses = []")[0])
        for after in (1, 3, 30, 500, 1500, 2500, 3500, 4200, 5600, 7000):
            names.update(num_steps=9, learning_rate=0.1)
            calls = after
            with self.assertRaises(KeyboardInterrupt):
                sys.setprofile(interrupt)
                self.execute(names, cells[-2])
            self.assertEqual(len(samples(self.execute(names, cells[-1]))), 3)
            for ours, theirs in zip(names["params"], fresh["params"]):
                theirs.data, theirs.grad = ours.data, 0.0
            fresh["tape"].clear()
            self.assertEqual(gradients(names), gradients(fresh))
            grads, expected = ([p.grad for p in done["params"]] for done in (names, fresh))
            self.assertEqual((grads, grads.count(0.0) < 600), (expected, True))

    def test_losses_without_backward_take_no_memory_if_the_tape_is_cleared_between(self):
        names = self.load(n_embd=4, block_size=2)

        def living():
            gc.collect()
            return sum(type(thing) is names["Value"] for thing in gc.get_objects())

        for _ in range(300):
            names["loss_of"]("abc")
            names["tape"].clear()
        self.assertEqual(living(), len(names["params"]))
        names["loss_of"]("abc")
        self.assertGreater(living(), 2 * len(names["params"]))
