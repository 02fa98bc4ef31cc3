"""Ctrl-C, a closed pipe, a terminal: how a run is cut short, and how it shows itself."""

import contextlib
import io
import os
import runpy
import signal
import subprocess
import sys
import unittest
from unittest import mock

from helpers import ABC, SCRIPT, TextCase, load

POSIX = unittest.skipUnless(os.name == "posix", "needs POSIX signals and terminals")


@POSIX
class Interrupted(TextCase):
    def start(self, *arguments):
        command = [sys.executable, str(SCRIPT), str(self.write(ABC)), *map(str, arguments)]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a CI may ignore it
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def read_until(self, process, beginning):
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(beginning):
                return lines
        self.fail("".join(lines) + process.stderr.read())

    def test_while_training_it_ends_the_training_and_draws_the_samples(self):
        process = self.start("--num-steps", 100000, "--num-samples", 3)
        self.read_until(process, "step    5 /")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))
        rest = [line for line in output.splitlines() if not line.startswith("step ")]
        last = [line for line in output.splitlines() if line.startswith("step ")][-1:] or [
            "step 5 /"
        ]
        done = int(last[0].split()[1])
        self.assertEqual(
            rest[0], f"stopped at step {done + 1}: the samples come from what was learned before"
        )
        self.assertTrue(rest[1].startswith("mean "))
        self.assertTrue(rest[4].startswith("sample  3: "))

    def test_while_sampling_it_ends_quietly_with_status_130(self):
        process = self.start("--num-steps", 0, "--num-samples", 1000000)
        self.read_until(process, "sample  5: ")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (130, ""))
        self.assertNotIn("samples are new", output)

    def test_a_closed_pipe_ends_it_quietly(self):
        for options in (("--num-steps", 100000), ("--num-steps", 0, "--num-samples", 1000000)):
            process = self.start(*options)
            self.assertEqual(process.stdout.readline(), "num docs: 4\n")
            process.stdout.close()
            self.assertEqual(process.stderr.read(), "")
            self.assertEqual(process.wait(timeout=60), 1)

    def test_in_a_terminal_the_step_redraws_itself_in_place(self):
        import pty  # POSIX only

        ours, theirs = pty.openpty()
        command = [
            sys.executable,
            str(SCRIPT),
            str(self.write(ABC)),
            "--num-steps",
            "3",
            "--num-samples",
            "1",
        ]
        process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs)
        os.close(theirs)
        output = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so where the other end is closed
                break
            if not part:
                break
            output += part
        process.wait()
        os.close(ours)
        lines = output.decode().replace("\r\n", "\n").split("\n")
        figures = r"\| loss \d\.\d{4} \| mean \d\.\d{4}"
        self.assertRegex(
            lines[3],
            "^" + "".join(rf"\rstep    {i} /    3 {figures}" for i in (1, 2, 3)) + "$",
        )
        self.assertTrue(lines[4].startswith("mean "), lines[4])


class Streams(TextCase):
    def test_each_line_is_there_to_be_read_at_once(self):
        unread = []

        class Stream(io.StringIO):
            def flush(self):
                unread.append(self.getvalue()[sum(map(len, unread)) :])

        with contextlib.redirect_stdout(Stream()):
            with mock.patch.object(
                sys, "argv", [str(SCRIPT), str(self.write(ABC)), *"--num-steps 3".split()]
            ):
                runpy.run_path(str(SCRIPT))
        self.assertEqual([text.count("\n") for text in unread], [1] * (3 + 3 + 1 + 20 + 1))

    def test_in_a_pipe_or_file_each_step_has_a_line_of_its_own(self):
        output = load(self.write(ABC), "--num-steps", 3, "--num-samples", 0)["output"]
        self.assertNotIn("\r", output)
        self.assertEqual(output.count("\nstep "), 3)
        self.assertNotIn("\n\n", output)
