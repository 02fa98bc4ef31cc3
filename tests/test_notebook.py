"""The file as a notebook, in a host, by name, by pipe: the ways it is started."""

import ast
import contextlib
import io
import os
import random
import runpy
import subprocess
import sys
from unittest import mock

from helpers import ABC, SCRIPT, TextCase, run, steps

SOURCE = SCRIPT.read_text(encoding="utf-8")
CELLS = [f"# %%{part}" for part in SOURCE.split("# %%")[1:]]
SHORT = SOURCE.replace('"--num-steps", 1000', '"--num-steps", 3')  # defaults that take less time
KERNEL = ["ipykernel_launcher.py", "-f", "kernel-1234.json"]


class Case(TextCase):
    def setUp(self):
        super().setUp()
        self.assertNotEqual(SHORT, SOURCE)
        self.write(ABC, "input.txt")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(str(self.folder))

    def execute(self, *cells, argv=KERNEL, name="<ipython-input>", stream=None):
        """Execute sources one after another as a host would; return the names and the output."""
        names, output = {"__name__": "__main__"}, stream or io.StringIO()
        with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(output):
            for cell in cells:
                exec(compile(cell, name, "exec"), names)
        return names, output.getvalue()


class Stream:
    """Like ipykernel's stream, and a logger's, it is neither a file nor a StringIO."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def getvalue(self):
        return self.text


class Notebook(Case):
    def test_headings_cut_the_file_into_7_to_14_cells_from_the_first_line_on(self):
        self.assertTrue(SOURCE.startswith("# %% 1. "))
        self.assertTrue(7 <= len(CELLS) <= 14)
        for number, cell in enumerate(CELLS, 1):
            self.assertTrue(cell.startswith(f"# %% {number}. "), cell[:40])

    def test_the_cells_run_one_by_one(self):
        names, output = self.execute(*[f"# %%{part}" for part in SHORT.split("# %%")[1:]])
        self.assertEqual(len(steps(output)), 3)
        self.assertIn("sample 20: ", output)
        self.assertIsInstance(names["sample"]("ab"), str)

    def test_no_cell_ends_in_a_value_that_a_notebook_would_echo(self):
        for cell in CELLS:
            last = ast.parse(cell).body[-1]
            if isinstance(last, ast.Expr):
                self.assertEqual(last.value.func.id, "show")

    def test_a_host_has_its_own_arguments(self):
        for argv in (
            KERNEL,
            ["host.py", "--num-steps", "1", "no.txt"],
            ["-c", "--num-steps", "1"],
            [""],
            [],
        ):
            for name in ("<ipython-input>", "<string>", "microgpt.py"):
                _, output = self.execute(SHORT, argv=argv, name=name)
                self.assertEqual(len(steps(output)), 3, (argv, name))

    def test_a_second_run_in_the_same_session_gives_the_same(self):
        _, output = self.execute(SHORT)
        _, twice = self.execute(SHORT, SHORT)
        self.assertEqual(twice, output + output)

    def test_a_notebook_redraws_the_step_in_place(self):
        with mock.patch.dict(sys.modules, {"IPython": mock.Mock()}):
            _, output = self.execute(SHORT, stream=Stream())
            self.assertEqual(output.count("\rstep "), 3)
            self.assertEqual(output.count("\nmean "), 1)
            _, output = self.execute(SHORT)  # but not where the output is caught
            self.assertEqual(output.count("\rstep "), 0)
        _, output = self.execute(SHORT, stream=Stream())
        self.assertEqual(output.count("\rstep "), 0)

    def test_an_interrupt_while_sampling_just_ends_it_in_a_notebook(self):
        draws = [[0]] * 40 + [KeyboardInterrupt]
        with mock.patch.object(random, "choices", side_effect=draws):
            names, output = self.execute(SHORT)
        self.assertEqual(output.splitlines()[-1], "2 of 2 samples are new")  # 16 draws each
        self.assertIsInstance(names["sample"]("ab"), str)

    def test_an_interrupt_within_a_step_leaves_no_gradients_behind(self):
        at_adam = SHORT.replace("(1 - beta2) * g * g", "interrupt()")
        self.assertNotEqual(at_adam, SHORT)
        cells = [f"# %%{part}" for part in at_adam.split("# %%")[1:]]
        names, output = self.execute("def interrupt(): raise KeyboardInterrupt", *cells)
        self.assertIn("stopped at step 1: ", output)
        self.assertEqual({param.grad for param in names["params"]}, {0.0})

    def test_so_it_does_when_ipython_has_started_the_file(self):
        path = str(self.write(SHORT, "short.py"))  # as %run does, with a command line of its own
        output = io.StringIO()
        with mock.patch.object(random, "choices", side_effect=[[0]] * 40 + [KeyboardInterrupt]):
            with mock.patch.dict(sys.modules, {"IPython": mock.Mock()}):
                with mock.patch.object(sys, "argv", [path, "--num-steps", "2"]):
                    with contextlib.redirect_stdout(output):
                        runpy.run_path(path)
        self.assertEqual(len(steps(output.getvalue())), 2)
        self.assertIn("2 of 2 samples", output.getvalue())


class Started(Case):
    def short(self, name="short.py"):
        return self.write(SHORT, name)

    def test_by_any_name_and_from_any_folder(self):
        (self.folder / "sub").mkdir()
        for script, cwd in (
            (self.short("other name.py"), self.folder),
            (self.short(), self.folder / "sub"),
        ):
            done = run("--num-steps", 2, "--num-samples", 0, script=script, cwd=str(cwd))
            self.assertEqual((len(steps(done.stdout)), done.stderr), (2, ""))

    def test_by_a_relative_name_by_module_and_by_link(self):
        self.short()
        for start in (["short.py"], ["-m", "short"], [os.path.join(".", "short.py")]):
            command = [sys.executable, *start, "--num-steps", "2", "--num-samples", "0"]
            output = subprocess.check_output(command, encoding="utf-8")
            self.assertEqual(len(steps(output)), 2, start)

    def test_from_standard_input(self):
        command = [sys.executable, "-", "--num-steps", "2", "--num-samples", "0"]
        with open(str(self.short()), "rb") as source:
            output = subprocess.check_output(
                command, stdin=source, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
            )
        self.assertEqual(output.count(b"step "), 2)
        with open(str(self.short()), "rb") as source:
            output = subprocess.check_output([sys.executable], stdin=source)
        self.assertEqual(output.count(b"step "), 3)

    def test_by_exec_and_import_in_a_program_with_arguments_of_its_own(self):
        self.short()
        for line in (
            "exec(open('short.py', encoding='utf-8').read())",
            "import short",
            "import runpy; runpy.run_path('short.py')",
        ):
            self.write(line, "host.py")
            command = [sys.executable, "host.py", "--num-steps", "2", "no.txt"]
            if (
                "runpy" in line
            ):  # run_path puts the path first in sys.argv: it means to run the program
                command = [sys.executable, "host.py", "--num-steps", "3"]
            output = subprocess.check_output(
                command, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
            )
            self.assertEqual(output.count(b"step "), 3, line)

    def test_interactively_with_sample_at_hand_afterwards(self):
        command = [sys.executable, "-i", str(self.short()), "--num-samples", "0"]
        typed = "print([sample('ab')[:2]])\n"
        done = subprocess.run(command, input=typed, capture_output=True, encoding="utf-8")
        self.assertIn("['ab']", done.stdout)
