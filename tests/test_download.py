"""input.txt is fetched where there is none and no text was named: whole, or not at all."""

import contextlib
import http.client
import io
import os
import runpy
import shutil
import sys
import urllib.error
import urllib.request
from unittest import mock

from helpers import SCRIPT, TextCase, run

URL = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"


class Reply(io.BytesIO):
    """What urlopen gives: bytes, then perhaps an error."""

    error = None

    def read(self, *size):
        if self.error:
            raise self.error
        return super().read(*size)


class Download(TextCase):
    def setUp(self):
        super().setUp()
        self.script = self.folder / "microgpt.py"
        shutil.copy(str(SCRIPT), str(self.script))
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(str(self.folder))

    def start(self, urlopen):
        """Run the copy with this in place of urlopen; return its output, or its last words."""
        output = io.StringIO()
        arguments = [str(self.script), "--num-steps", "0", "--num-samples", "0"]
        with mock.patch.object(sys, "argv", arguments), mock.patch.object(
            urllib.request, "urlopen", urlopen
        ):
            with contextlib.redirect_stdout(output):
                try:
                    runpy.run_path(str(self.script))
                except SystemExit as end:
                    return end.code
        return output.getvalue()

    def assert_refused(self, urlopen, words):
        message = self.start(urlopen)
        start, end = f"microgpt: no input.txt here, and {URL} failed: ", "; name a text of your own"
        self.assertTrue(message.startswith(start), message)
        self.assertTrue(message.endswith(end), message)
        self.assertRegex(message[len(start) : -len(end)], words)
        self.assertEqual(os.listdir("."), ["microgpt.py"])

    def test_what_came_whole_is_used_and_kept(self):
        asked = []

        def urlopen(url, timeout):
            asked.append((url, timeout > 0))
            return Reply(b"ada\nbo\n")

        self.assertTrue(self.start(urlopen).startswith("num docs: 2\n"))
        self.assertEqual(asked, [(URL, True)])
        self.assertEqual(sorted(os.listdir(".")), ["input.txt", "microgpt.py"])
        with open("input.txt", "rb") as file:
            self.assertEqual(file.read(), b"ada\nbo\n")
        self.assertTrue(self.start(urlopen).startswith("num docs: 2\n"))
        self.assertEqual(len(asked), 1)  # the second run had it

    def test_no_network(self):
        self.assert_refused(mock.Mock(side_effect=urllib.error.URLError("no route")), "no route")
        self.assert_refused(mock.Mock(side_effect=TimeoutError("timed out")), "timed out")

    def test_a_host_without_encryption(self):
        self.assert_refused(
            mock.Mock(side_effect=RuntimeError("TLS not supported")), "TLS"
        )  # Pyodide

    def test_refused_by_the_server(self):
        error = urllib.error.HTTPError(URL, 403, "Forbidden", {}, io.BytesIO())
        self.assert_refused(mock.Mock(side_effect=error), "403: Forbidden$")

    def test_cut_short(self):
        for error, words in (
            (http.client.IncompleteRead(b"ada\nb", 228140), "IncompleteRead"),
            (ConnectionResetError("reset by peer"), "reset by peer"),
        ):
            reply = Reply()
            reply.error = error
            self.assert_refused(mock.Mock(return_value=reply), words)

    def test_not_a_text(self):
        self.assert_refused(
            lambda url, timeout: Reply(b"\x89PNG\r\n"), "'utf-8' codec can't decode byte 0x89"
        )
        self.assert_refused(
            lambda url, timeout: Reply(b"\n<!DOCTYPE html>\n<p>Log in\n"), "^it is a web page$"
        )
        self.assert_refused(lambda url, timeout: Reply(b""), "^it has no text in it$")

    def test_a_disk_that_is_full(self):
        def full(*arguments):
            raise OSError(28, "No space left on device")

        with mock.patch.object(os, "replace", full):
            self.assert_refused(lambda url, timeout: Reply(b"ada\n"), "No space left")

    def test_an_interrupt_leaves_nothing_half_written(self):
        with mock.patch.object(os, "replace", mock.Mock(side_effect=KeyboardInterrupt)):
            with self.assertRaises(KeyboardInterrupt):
                self.start(lambda url, timeout: Reply(b"ada\n"))
        self.assertEqual(os.listdir("."), ["microgpt.py"])

    def test_a_named_text_is_never_fetched(self):
        done = run("input.txt", script=self.script, cwd=str(self.folder))
        self.assertEqual(done.returncode, 1)
        self.assertIn("'input.txt': No such file", done.stderr)
