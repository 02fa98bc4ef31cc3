"""The program as people use it: run as it is, in notebooks, interrupted, with other settings."""

import contextlib
import importlib.util
import io
import re
import subprocess
import sys
import unittest
from unittest import mock

import helpers
import run_with
from helpers import NAMES, ROOT, SMALL, SOURCE, ProgramCase, execute, losses, run, samples

RUN_WITH = ROOT / "tests" / "run_with.py"
KERNELS = {
    "Jupyter": ["-f", "kernel.json"],
    "Colab": ["-f", "/root/.local/share/jupyter/runtime/kernel.json"],
    "VS Code": ["--f=kernel.json"],
    "PyCharm": ["--mode=client", "--port=52162"],
}

class Default(unittest.TestCase):
    def test_it_prints_the_figures_of_the_reference(self):
        printed = helpers.figures(helpers.default_run()["output"])
        expected = helpers.golden("golden.txt")
        for ours, theirs in zip(printed, expected):
            self.assertEqual(ours, theirs)
        self.assertEqual(len(printed), 3 + 1000 + 20)

class RefusedSettings(ProgramCase):
    """They end the program before anything is trained."""

    def last_line(self, **settings):
        return self.last_line_of(self.write("text.txt", NAMES), **settings)

    def test_an_n_embd_that_n_head_does_not_divide(self):
        self.assertIn("n_embd must be a multiple of n_head", self.last_line(n_head=3))

    def test_no_heads(self):
        self.assertRegex(self.last_line(n_head=0), "^ZeroDivisionError")

    def test_a_block_of_no_tokens(self):
        self.assertRegex(self.last_line(block_size=0), "^ZeroDivisionError")

    def test_a_number_of_steps_that_is_not_whole(self):
        self.assertRegex(self.last_line(num_steps=1e3), "^TypeError")

class NotebookCase(ProgramCase):
    def setUp(self):
        super().setUp()
        self.write("input.txt", NAMES)
        self.enter_folder()

    def cells(self, **settings):
        """Return the program's cells. The first holds the docstring and the imports."""
        return re.split("(?m)^(?=# %%)", run_with.with_settings(SOURCE, **settings))

    def run_cells(self, names, cells):
        """Run cells one after another as a notebook does. Return their output."""
        with contextlib.redirect_stdout(io.StringIO()) as output:
            with mock.patch.object(sys, "argv", ["kernel", "-f", "kernel.json"]):
                for cell in cells:
                    exec(compile(cell, "<cell>", "exec"), names)
        return output.getvalue()

class Notebook(NotebookCase):
    def test_the_arguments_of_a_kernel_change_nothing(self):
        copy = self.copy(num_steps=2, num_samples=1)
        expected = execute(copy)["output"]
        for kernel, arguments in KERNELS.items():
            with self.subTest(kernel):
                self.assertEqual(execute(copy, *arguments)["output"], expected)

    def test_the_empty_program_name_of_spyder_changes_nothing(self):
        copy = self.copy(num_steps=2, num_samples=1)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            with mock.patch.object(sys, "argv", [""]):
                exec(copy.read_text(encoding="utf-8"), {"__name__": "__main__"})
        self.assertEqual(output.getvalue(), execute(copy)["output"])

    def test_it_runs_cell_by_cell(self):
        output = self.run_cells({}, self.cells(num_steps=3, num_samples=2))
        self.assertEqual(len(losses(output)), 3)
        self.assertEqual(len(samples(output)), 2)

    def test_all_cells_run_again_give_the_same(self):
        names, cells = {}, self.cells(num_steps=3, num_samples=2)
        once = self.run_cells(names, cells)
        self.assertEqual(self.run_cells(names, cells), once)

    def test_the_training_cell_run_again_trains_further(self):
        names, cells = {}, self.cells(num_steps=30, num_samples=0)
        self.run_cells(names, cells)
        first = names["losses"]
        self.run_cells(names, cells[-2:])
        self.assertLess(sum(names["losses"]), sum(first))

class Interrupted(NotebookCase):
    """Ctrl-C in the training cell; then the samples, and the training cell again."""

    def interrupt_in(self, function, line):
        """Train until so many lines of a function have run. Return the names and the cells."""
        cells, names = self.cells(**SMALL, num_steps=9, num_samples=3), {}
        self.run_cells(names, cells[:-2])
        counted = 0

        def count(frame, event, argument):
            nonlocal counted
            counted += event == "line"
            if counted == line:
                sys.settrace(None)
                raise KeyboardInterrupt
            return count

        def trace(frame, event, argument):
            return count if frame.f_code.co_name == function else None

        with self.assertRaises(KeyboardInterrupt):
            sys.settrace(trace)
            self.run_cells(names, cells[-2:-1])
        return names, cells

    def assert_goes_on(self, function, line):
        names, cells = self.interrupt_in(function, line)
        self.assertEqual(len(samples(self.run_cells(names, cells[-1:]))), 3)
        twin = self.load(NAMES, **SMALL)
        for ours, theirs in zip(names["params"], twin["params"]):
            theirs.data = ours.data
        names.update(num_steps=1, learning_rate=0.0)  # finds gradients and changes nothing
        self.run_cells(names, cells[-2:-1])
        helpers.gradients(twin, names["docs"][0])
        for ours, theirs in zip(names["params"], twin["params"]):
            self.assertEqual(ours.grad, theirs.grad)

    def test_while_guessing(self):
        self.assert_goes_on("loss_of", 40)

    def test_while_finding_gradients(self):
        self.assert_goes_on("backward", 9000)

    def test_while_adjusting(self):
        self.assert_goes_on("adam", 2500)

@unittest.skipUnless(importlib.util.find_spec("IPython"), "IPython is not installed")
class IPython(ProgramCase):
    def ipython(self, *lines):
        """Run lines in a real IPython in the test's folder and return what it prints."""
        code = "from IPython.core.interactiveshell import InteractiveShell\n"
        code += "shell = InteractiveShell()\n"
        for line in lines:
            code += f"shell.run_cell({line!r}).raise_error()\n"
        command = [sys.executable, "-c", code]
        return subprocess.check_output(command, cwd=str(self.folder), encoding="utf-8")

    def setUp(self):
        super().setUp()
        self.write("input.txt", NAMES)

    def test_functions_of_run_i_see_names_edited_later(self):
        self.copy(num_steps=1, num_samples=0)
        edit = "block_size = 1"
        printed = self.ipython("%run -i microgpt.py", edit, "print('longest', len(sample()))")
        self.assertRegex(printed, r"longest [01]\n")

    def test_the_file_cell_by_cell(self):
        source = run_with.with_settings(SOURCE, num_steps=2, num_samples=1)
        printed = self.ipython(*re.split("(?m)^(?=# %%)", source))
        self.assertEqual(len(losses(printed)), 2)
        self.assertEqual(len(samples(printed)), 1)

class RunWith(ProgramCase):
    """python tests/run_with.py"""

    def run_with(self, *arguments):
        return run(*arguments, script=RUN_WITH, cwd=self.folder)

    def test_settings_and_a_text(self):
        self.write("text.txt", NAMES)
        done = self.run_with("num_steps=2", "n_embd=8", "num_samples=1", "text.txt")
        self.assertEqual(done.stderr, "")
        self.assertEqual(len(losses(done.stdout)), 2)
        self.assertIn("num docs: 4", done.stdout)

    def test_a_text_needs_no_quotes(self):
        self.write("two words.txt", NAMES)
        done = self.run_with("num_steps=1", "num_samples=0", "dataset=two words.txt")
        self.assertIn("num docs: 4", done.stdout)

    def test_help_lists_each_setting_as_it_stands_in_the_file(self):
        printed = self.run_with("--help").stdout
        for name in run_with.settings_of(SOURCE):
            self.assertIn(re.search(f"(?m)^{name} = .*", SOURCE).group(), printed)

    def test_the_settings_are_those_at_the_top_of_the_file(self):
        expected = "dataset n_layer n_embd n_head block_size num_steps learning_rate beta1 beta2"
        expected += " num_samples temperature seed"
        self.assertEqual(list(run_with.settings_of(SOURCE)), expected.split())

    def test_an_unknown_setting_gets_a_plain_message(self):
        done = self.run_with("n_layers=2")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "there is no setting named n_layers; --help lists them\n")

    def test_an_option_gets_a_plain_message(self):
        done = self.run_with("--n-layer", "2")
        self.assertEqual(done.returncode, 1)
        self.assertIn("expected name=value", done.stderr)

    def test_the_file_stays_as_it_is(self):
        self.write("text.txt", NAMES)
        self.run_with("num_steps=1", "n_layer=2", "num_samples=0", "text.txt")
        self.assertEqual((ROOT / "microgpt.py").read_text(encoding="utf-8"), SOURCE)

if __name__ == "__main__":
    unittest.main()
