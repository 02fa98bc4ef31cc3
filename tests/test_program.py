"""The program around the GPT: knobs, bad input, Ctrl-C, terminals, notebooks, imports."""

import contextlib
import io
import os
import re
import signal
import sys
import unittest
from unittest import mock

from helpers import ABC, SOURCE, TextCase, load, losses, options, run, samples

KNOBS = {
    "n_layer": 1, "n_embd": 16, "n_head": 4, "block_size": 16, "activation": "relu",
    "num_steps": 1000, "learning_rate": 0.01, "lr_decay": "linear", "num_samples": 20,
    "temperature": 0.5, "prompt": "", "seed": 42,
}  # fmt: skip
LEAST = dict.fromkeys(["n_layer", "n_embd", "n_head", "block_size"], 1)
LEAST.update(num_steps=0, num_samples=0, learning_rate=1e-09, temperature=1e-09)
REFUSED = [
    ("activation='gelu' must be 'relu' or 'relu2'", {"activation": "gelu"}),
    ("lr_decay='none' must be 'linear' or 'cosine'", {"lr_decay": "none"}),
    ("n_embd=18 must be a multiple of n_head=4", {"n_embd": 18}),
    ("prompt='Ab' may contain only abc", {"prompt": "Ab"}),
    ("prompt='abc' leaves no room in block_size=3", {"prompt": "abc", "block_size": 3}),
]

class Knobs(TextCase):
    def test_each_is_a_plain_assignment_and_an_option_with_the_default_of_the_reference(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = " ".join(done.stdout.split())
        self.assertRegex(text, r"^(?!.*--text).* TEXT \(input.txt\) .* explains each\.$")
        for name, default in KNOBS.items():
            self.assertIn(f" --{name.replace('_', '-')} {name.upper()} ({default})", text)
            assigned = re.search(rf"^{name} = (\S+) +# \S", SOURCE, re.M).group(1)
            self.assertEqual(assigned, repr(default).replace("'", '"'))

    def test_a_run_does_not_depend_on_the_order_of_hashes(self):
        command = [self.write(ABC), *options(num_steps=3, num_samples=3)]
        outputs = {run(*command, env={"PYTHONHASHSEED": n}).stdout for n in ("0", "1", "12345")}
        self.assertEqual(len(outputs), 1)
        self.assertIn("sample  3: ", outputs.pop())

class Refused(TextCase):
    def last_words(self, *arguments, text=ABC, **knobs):
        """Return the line with which the program ends instead of training."""
        path = text if isinstance(text, os.PathLike) else self.write(text)
        with self.assertRaises(SystemExit) as end, contextlib.redirect_stdout(io.StringIO()):
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                load(path, *arguments, **knobs)
        said = end.exception.code if end.exception.code != 2 else errors.getvalue()
        return said.splitlines()[-1]

    def test_numbers_that_make_no_sense(self):
        for name, least in LEAST.items():
            rule = f"microgpt: {name} must be from {least} to 1e9"
            for number in [least - 1] + (["nan", "inf", "-inf", 0] if least == 1e-9 else []):
                self.assertEqual(self.last_words(**{name: number}), rule)

    def test_words_that_cannot_be_read(self):
        for name, kind in ((name, type(default).__name__) for name, default in KNOBS.items()):
            if kind != "str":
                error = f"argument --{name.replace('_', '-')}: invalid {kind} value: 'x'"
                self.assertEqual(self.last_words(**{name: "x"}), f"microgpt.py: error: {error}")
        for argument in ("--layers=3", "two.txt"):
            error = f"microgpt.py: error: unrecognized arguments: {argument}"
            self.assertEqual(self.last_words(argument), error)

    def test_settings_that_do_not_go_with_each_other_or_with_the_text(self):
        for rule, knobs in REFUSED:
            self.assertEqual(self.last_words(**knobs), f"microgpt: {rule}")

    def test_texts_that_cannot_be_read(self):
        cannot = "^microgpt: cannot load '.*': "
        self.assertRegex(self.last_words(text=self.folder / "none"), f"{cannot}.*No such file")
        self.assertRegex(self.last_words(text=self.folder), f"{cannot}.*(directory|denied)")
        for content in (b"abc\n\xff", "\ufeff\xe9".encode("utf-16")):
            self.assertRegex(self.last_words(text=content), f"{cannot}'utf-8' codec")
        empty = f"microgpt: {str(self.folder / 'text.txt')!r} has no text in it"
        for content in ("", "\n\n", " \t\r\n \n", "\ufeff\n"):
            self.assertEqual(self.last_words(text=content), empty)

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid(), "root may read all")
    def test_a_text_without_permission(self):
        path = self.write(ABC)
        path.chmod(0)
        self.assertRegex(self.last_words(text=path), "^microgpt: cannot load .* Permission denied")

    def test_what_just_makes_sense_is_taken(self):
        for temperature in (1e-9, 1e9):
            knobs = {**LEAST, "num_steps": 2, "num_samples": 9, "temperature": temperature}
            self.assertEqual(len(samples(self.load(**knobs)["output"])), 9)
        self.assertIn(" 1: ab", self.load(prompt="ab", block_size=3, num_samples=1)["output"])

class StepLines(TextCase):
    def setUp(self):
        super().setUp()
        self.path, self.stream = self.write(ABC), io.StringIO()

    def test_in_a_pipe_or_file_each_step_has_a_line_of_its_own(self):
        methods = ["write", "flush", "getvalue"]  # some hosts' streams have little more
        for stream in (self.stream, mock.Mock(wraps=io.StringIO(), spec=methods)):
            output = load(self.path, stream=stream, num_steps=3, num_samples=0)["output"]
            self.assertRegex(output, r"\A(num .*\n|vocab .*\n){3}(step .{38}\d\n){3}\Z")

    def test_on_a_screen_it_redraws_itself_and_every_hundredth_and_the_last_stay(self):
        knobs = {"num_steps": 201, "num_samples": 0, "n_embd": 2, "n_head": 1, "block_size": 2}
        self.stream.isatty = lambda: True
        for stream, modules in ((self.stream, {}), (io.StringIO(), {"ipykernel": sys})):
            with mock.patch.dict(sys.modules, modules):
                output = load(self.path, stream=stream, **knobs)["output"]
            parts = re.findall("step +([0-9]+) (.*?)([\r\n])", output, re.DOTALL)
            self.assertEqual([int(step) for step, _, _ in parts], [*range(1, 202)])
            self.assertEqual([step for step, _, end in parts if end == "\n"], ["100", "200", "201"])
            self.assertEqual({len(rest) for _, rest, _ in parts}, {38})  # over any longer line

    @unittest.skipUnless(os.name == "posix", "no such terminals here")
    def test_a_terminal_is_a_screen(self):
        ours, theirs = os.openpty()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            done = run(self.path, *options(num_steps=3, num_samples=1), stdout=theirs)
            os.close(theirs)
            self.assertEqual((screen.read(65536).count(b"\rstep "), done.stderr), (2, ""))

    def test_each_line_can_be_read_at_once(self):
        seen = []
        self.stream.flush = lambda: seen.append(self.stream.getvalue().count("\nstep "))
        load(self.path, stream=self.stream, num_steps=3, num_samples=0)
        self.assertEqual([count for count in seen if count], [1, 2, 3])

    def test_ctrl_c_while_training_goes_on_to_the_samples(self):
        def press():
            if "\nstep    5 /" in self.stream.getvalue():
                signal.raise_signal(signal.SIGINT)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        self.stream.flush = press
        output = load(self.path, stream=self.stream, num_steps=9)["output"]
        lines = ["", "stopped: the samples come from what was learned so far"]
        self.assertEqual(output.splitlines()[3 + 5 : -20], lines)
        self.assertEqual((len(losses(output)), len(samples(output))), (5, 20))

class Hosts(TextCase):
    SHORT = SOURCE.replace("num_steps = 1000 ", "num_steps = 3 ")  # defaults that take less time

    def setUp(self):
        super().setUp()
        self.assertNotEqual(self.SHORT, SOURCE)
        self.script = self.write(self.SHORT, "short.py")
        self.write(ABC, "input.txt")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(str(self.folder))

    def execute(self, *cells, argv):
        """Execute sources one after another as a notebook would; return names and output."""
        names, output = {"__name__": "__main__"}, io.StringIO()
        with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(output):
            for cell in cells:
                exec(compile(cell, "<cell>", "exec"), names)
        return names, output.getvalue()

    def test_the_cells_run_in_any_notebook_or_session_and_again_with_the_same_result(self):
        cells = re.split("(?m)^(?=# %%)", self.SHORT)
        self.assertEqual(re.findall(r"(?m)^# %% (\d+)\. ", SOURCE), [str(n) for n in range(1, 11)])
        for host in ("ipython", "ipykernel_launcher.py -f x", "colab_kernel_launcher.py -f x"):
            names, once = self.execute(*cells, argv=host.split())
            self.assertEqual((len(losses(once)), len(samples(once))), (3, 20))
            self.assertEqual(names["sample"]("ab", temperature=1.0)[:2], "ab")
            self.assertEqual(self.execute(*cells, *cells, argv=host.split())[1], once + once)

    def test_an_import_leaves_the_command_line_alone(self):
        self.write("import short\nprint(short.sample('ab')[:2])", "host.py")
        done = run("--num-steps", "2", "no.txt", script="host.py", cwd=self.folder)
        self.assertEqual((len(losses(done.stdout)), done.stdout[-4:]), (3, "\nab\n"), done.stderr)

    def test_its_doctest_passes_from_the_command_line(self):
        done = run("doctest", "-v", "short.py", script="-m", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^4 (tests in \d+ items\.|passed)")

    def test_sample_is_at_hand_afterwards_in_an_interactive_session(self):
        typed = {"stdin": None, "input": "print([sample('ab')[:2]])\n"}
        done = run("short.py", *options(num_samples=0), script="-i", cwd=self.folder, **typed)
        self.assertIn("['ab']", done.stdout, done.stderr)
