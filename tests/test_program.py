"""The program around the GPT: knobs, bad input, Ctrl-C, terminals, notebooks, imports."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import types
import unittest
from unittest import mock

from helpers import ABC, SCRIPT, TextCase, load, losses, run, samples

SOURCE = SCRIPT.read_text(encoding="utf-8")
KNOBS = {
    "n_layer": 1, "n_embd": 16, "n_head": 4, "block_size": 16, "activation": "relu",
    "num_steps": 1000, "learning_rate": 0.01, "lr_decay": "linear", "num_samples": 20,
    "temperature": 0.5, "prompt": "", "seed": 42,
}  # fmt: skip
POSIX = unittest.skipUnless(os.name == "posix", "needs POSIX signals and terminals")

class Knobs(TextCase):
    def output(self, *arguments):
        return self.load("--num-steps", 8, "--num-samples", 4, *arguments)["output"]

    def test_the_defaults_are_plain_assignments_and_those_of_the_reference(self):
        for name, default in KNOBS.items():
            assigned = re.search(rf"^{name} = (\S+) +# \S", SOURCE, re.M).group(1)
            self.assertEqual(assigned, repr(default).replace("'", '"'))

    def test_help_shows_every_knob_with_its_default(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = " ".join(done.stdout.split())
        for name, default in KNOBS.items():
            option = "--" + name.replace("_", "-")
            self.assertIn(f" {option} {name.upper()} ({default})", text)
        self.assertIn(" TEXT (input.txt)", text)

    def test_the_size_of_the_model_follows_its_knobs(self):
        for n_layer, n_embd, block_size in [(1, 16, 16), (1, 8, 16), (1, 16, 5), (3, 4, 7)]:
            knobs = "--n-layer", n_layer, "--n-embd", n_embd, "--block-size", block_size
            params = n_embd * (2 * 4 + block_size + n_layer * 12 * n_embd)
            self.assertIn(f"\nnum params: {params}\n", self.output(*knobs))

    def test_what_changes_the_training_changes_each_loss_after_the_first(self):
        plain = losses(self.output())
        for name, value in [("--learning-rate", 0.02), ("--lr-decay", "cosine")]:
            other = losses(self.output(name, value))
            self.assertEqual(other[0], plain[0])
            self.assertNotEqual(other[2:], plain[2:])

    def test_what_changes_the_model_changes_its_losses(self):
        plain = losses(self.output())
        changes = ["--n-layer 2", "--n-embd 8", "--n-head 2", "--activation relu2", "--seed 1"]
        for change in changes:
            self.assertNotEqual(losses(self.output(*change.split()))[3], plain[3], change)

    def test_what_is_for_sampling_leaves_the_training_alone(self):
        plain = self.output()
        for name, value in [("--temperature", 3), ("--prompt", "c")]:
            other = self.output(name, value)
            self.assertEqual(losses(other), losses(plain))
            self.assertNotEqual(samples(other), samples(plain))

    def test_a_run_does_not_depend_on_the_order_of_hashes(self):
        path, knobs = self.write(ABC), "--num-steps 3 --num-samples 3".split()
        outputs = {run(path, *knobs, env={"PYTHONHASHSEED": n}).stdout for n in ("0", "1", "12345")}
        self.assertEqual(len(outputs), 1)
        self.assertIn("sample  3: ", outputs.pop())

class Refused(TextCase):
    def refuse(self, line, *arguments, text=ABC):
        """The program ends before any training, with this line and status 1."""
        with self.assertRaises(SystemExit) as end, contextlib.redirect_stdout(io.StringIO()):
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                load(text if isinstance(text, os.PathLike) else self.write(text), *arguments)
        said = end.exception.code if end.exception.code != 2 else errors.getvalue()
        self.assertEqual(said.splitlines()[-1], line)

    def test_numbers_that_make_no_sense(self):
        whole = ["n_layer", "n_embd", "n_head", "block_size", "num_steps", "num_samples"]
        for name in [*whole, "learning_rate", "temperature"]:
            least = 1 if name in whole[:4] else 0 if name in whole else 1e-09
            line = f"microgpt: {name} must be from {least} to 1e9"
            for number in [least - 1] + ([] if name in whole else ["nan", "inf", "-inf", 0]):
                self.refuse(f"{line}", f"--{name.replace('_', '-')}={number}")

    def test_words_and_numbers_that_cannot_be_read(self):
        for name in KNOBS:
            option, kind = "--" + name.replace("_", "-"), type(KNOBS[name]).__name__
            if kind != "str":
                error = f"microgpt.py: error: argument {option}: invalid {kind} value: 'x'"
                self.refuse(error, option, "x")
        for line, arguments in [
            ("activation='gelu' must be 'relu' or 'relu2'", ["--activation", "gelu"]),
            ("lr_decay='none' must be 'linear' or 'cosine'", ["--lr-decay", "none"]),
            ("n_embd=18 must be a multiple of n_head=4", ["--n-embd", 18]),
        ]:
            self.refuse(f"microgpt: {line}", *arguments)
        for argument in ("--layers=3", "two.txt"):
            self.refuse(f"microgpt.py: error: unrecognized arguments: {argument}", argument)

    def test_a_prompt_that_the_text_or_the_block_has_no_room_for(self):
        self.refuse("microgpt: prompt='Ab' may contain only abc", "--prompt", "Ab")
        line = "microgpt: prompt='abc' leaves no room in block_size=3"
        self.refuse(line, "--prompt", "abc", "--block-size", 3)
        model = self.load("--prompt", "ab", "--block-size", 3, "--num-samples", 1)
        self.assertEqual(samples(model["output"])[0][:2], "ab")

    def test_texts_that_cannot_be_read(self):
        none = self.folder / "none.txt"
        error = f"[Errno 2] No such file or directory: {str(none)!r}"
        self.refuse(f"microgpt: cannot load {str(none)!r}: {error}", text=none)
        with self.assertRaisesRegex(SystemExit, "^microgpt: cannot load '.*': .*directory|denied"):
            load(self.folder)
        for content in (b"abc\n\xff", "\ufeff\xe9".encode("utf-16")):
            path = self.write(content)
            with self.assertRaisesRegex(SystemExit, "^microgpt: cannot load '.*': 'utf-8' codec"):
                load(path)
        for content in ("", "\n\n", " \t\r\n \n", "\ufeff\n"):
            self.refuse(f"microgpt: {str(self.write(content))!r} has no text in it", text=content)

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid(), "root may read all")
    def test_a_text_without_permission(self):
        path = self.write(ABC)
        path.chmod(0)
        self.refuse(f"microgpt: cannot load {str(path)!r}: [Errno 13] Permission denied", text=path)

    def test_a_process_ends_with_one_plain_line_on_its_error_stream(self):
        done = run(self.write(ABC), "--n-head", 0)
        self.assertEqual((done.returncode, done.stdout), (1, "num docs: 4\nvocab size: 4\n"))
        self.assertEqual(done.stderr, "microgpt: n_head must be from 1 to 1e9\n")

    def test_the_least_that_makes_sense_is_taken(self):
        least = "--n-layer 1 --n-embd 1 --n-head 1 --block-size 1 --learning-rate 1e-9"
        for temperature in ("1e-9", "1e9"):
            knobs = [*least.split(), "--num-steps", 2, "--num-samples", 9]
            model = self.load(*knobs, "--temperature", temperature)
            self.assertEqual(len(samples(model["output"])), 9)

class Screen(TextCase):
    """How the step line shows itself."""

    def stream(self, terminal):
        stream = io.StringIO()
        stream.isatty = lambda: terminal
        return stream

    def test_in_a_pipe_or_file_each_step_has_a_line_of_its_own(self):
        path, knobs = self.write(ABC), "--num-steps 3 --num-samples 0".split()
        for stream in (self.stream(False), types.SimpleNamespace(**{"text": ""})):
            if not hasattr(stream, "write"):  # some hosts' streams have little more than this
                stream.write = lambda part, to=stream: setattr(to, "text", to.text + part)
                stream.flush, stream.getvalue = lambda: None, lambda to=stream: to.text
            lines = load(path, *knobs, stream=stream)["output"].split("\n")
            self.assertEqual([line[:7] for line in lines[3:]], ["step   "] * 3 + [""])
            self.assertEqual([len(line) for line in lines[3:6]], [44] * 3)

    def test_on_a_screen_it_redraws_itself_and_every_hundredth_and_the_last_stay(self):
        knobs = "--num-steps 201 --num-samples 0 --n-embd 2 --n-head 1 --block-size 2".split()
        path, kernel = self.write(ABC), {"ipykernel": types.ModuleType("ipykernel")}
        for stream, modules in ((self.stream(True), {}), (self.stream(False), kernel)):
            with mock.patch.dict(sys.modules, modules):
                output = load(path, *knobs, stream=stream)["output"]
            parts = re.findall("step +([0-9]+) (.*?)([\r\n])", output, re.DOTALL)
            self.assertEqual([int(step) for step, _, _ in parts], [*range(1, 202)])
            stay = [int(step) for step, _, end in parts if end == "\n"]
            self.assertEqual(stay, [100, 200, 201])
            widths = {len(rest) for _, rest, _ in parts}
            self.assertEqual(len(widths), 1)  # so nothing is left of a longer line

    @POSIX
    def test_a_terminal_is_a_screen(self):
        import pty  # POSIX only

        ours, theirs = pty.openpty()
        done = run(self.write(ABC), *"--num-steps 3 --num-samples 1".split(), stdout=theirs)
        os.close(theirs)
        output = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual((done.returncode, output.count("\rstep "), done.stderr), (0, 2, ""))

    def test_each_line_can_be_read_at_once(self):
        seen, stream = [], self.stream(False)
        stream.flush = lambda: seen.append(stream.getvalue().count("\nstep "))
        self.load("--num-steps", 3)
        load(self.write(ABC), "--num-steps", 3, "--num-samples", 0, stream=stream)
        self.assertEqual([count for count in seen if count], [1, 2, 3])

    @POSIX
    def test_ctrl_c_while_training_goes_on_to_the_samples(self):
        command = [sys.executable, str(SCRIPT), str(self.write(ABC)), "--num-steps", "100000"]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        ) as process:
            while not process.stdout.readline().startswith("step    5 /"):
                self.assertIs(process.poll(), None)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))
        lines = output.splitlines()
        stopped = lines.index("stopped: the samples come from what was learned so far")
        self.assertEqual((lines[stopped - 1], lines[stopped + 1][:11]), ("", "sample  1: "))
        self.assertEqual(len(samples(output)), 20)

class Hosts(TextCase):
    """The ways in which the file is started."""

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

    def python(self, *command, **options):
        """Run Python in the folder and return what it prints."""
        done = run(*command[1:], script=command[0], cwd=str(self.folder), **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_headings_cut_it_into_cells_that_a_kernel_with_options_of_its_own_can_run(self):
        cells = re.split("(?m)^(?=# %%)", self.SHORT)
        self.assertEqual(re.findall(r"(?m)^# %% (\d+)\. ", SOURCE), [str(n) for n in range(1, 11)])
        for launcher in ("/lib/ipykernel_launcher.py", "/lib/colab_kernel_launcher.py"):
            names, output = self.execute(*cells, argv=[launcher, "-f", "kernel-1234.json"])
            self.assertEqual((len(losses(output)), len(samples(output))), (3, 20))
            self.assertEqual(names["sample"]("ab", temperature=1.0)[:2], "ab")

    def test_a_second_run_in_the_same_session_gives_the_same(self):
        once, twice = (self.execute(*[self.SHORT] * n, argv=["ipython"])[1] for n in (1, 2))
        self.assertEqual(twice, once + once)

    def test_a_magic_run_has_options(self):
        with mock.patch.dict(sys.modules, {"ipykernel": types.ModuleType("ipykernel")}):
            model = load("--num-steps", 2, script=self.script)
        self.assertEqual(model["output"].count("step "), 2)

    def test_an_import_leaves_the_command_line_alone(self):
        self.write("import short\nprint(short.sample('ab')[:2])", "host.py")
        output = self.python("host.py", "--num-steps", "2", "no.txt")
        self.assertEqual((len(losses(output)), output.splitlines()[-1]), (3, "ab"))

    def test_its_doctest_passes_from_the_command_line(self):
        output = self.python("-m", "doctest", "-v", "short.py")
        self.assertRegex(output, r"(?m)^4 (tests in \d+ items\.|passed)")

    def test_sample_is_at_hand_afterwards_in_an_interactive_session(self):
        typed = "print([sample('ab')[:2]])\n"
        output = self.python("-i", "short.py", "--num-samples", "0", stdin=None, input=typed)
        self.assertIn("['ab']", output)
