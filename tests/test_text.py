"""Any text: its lines, its characters, its place, and how it comes from the network."""

import http.client
import io
import os
import unittest
import urllib.error
from unittest import mock

from helpers import ABC, ROOT, TextCase, execute, figures, lines, losses, run, samples

LINES = [  # a text and its documents
    ("ab\nc d\ne", ["ab", "c d", "e"]),
    ("ab\r\nc d\r\ne\r\n", ["ab", "c d", "e"]),
    ("ab\rc d\re\r", ["ab", "c d", "e"]),
    ("a\u2028b\x0cc\x85d\n", ["a\u2028b\x0cc\x85d"]),  # only line ends end a line
    ("  ab \n\n \t \n\u3000cd\n", ["ab", "cd"]),
    ("\ufeffXab\n", ["Xab"]),  # a byte-order mark is no character
]
SCRIPTS = ["이름\n나라", "😀\n👍🏽👩", "日本\n中国", "Ωψ\nЖю", "שלום", "e\u0301\n\u00e9"]  # two é
URL = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"

class Lines(TextCase):
    def test_each_line_is_a_document_without_the_blanks_around_it_if_anything_is_left(self):
        for text, docs in LINES:
            self.assertEqual(sorted(self.load(text)["docs"]), docs)

    def test_a_token_is_the_place_of_its_character_in_sorted_order_and_bos_comes_last(self):
        for text in SCRIPTS:
            model, chars = self.load(text), sorted(set(text) - {"\n"})
            self.assertEqual(model["token_of"], {char: i for i, char in enumerate(chars)})
            self.assertEqual((model["BOS"], model["vocab_size"]), (len(chars), len(chars) + 1))

    def test_any_script_trains_and_samples_in_any_locale(self):
        copy = self.copy(num_steps=2, num_samples=2)
        for text in SCRIPTS[:2]:
            done = run(self.write(text), script=copy, env={"LC_ALL": "C"})
            self.assertEqual((done.returncode, done.stderr, len(samples(done.stdout))), (0, "", 2))

    def test_thousands_of_characters_a_line_of_a_megabyte_one_letter_and_a_block_of_one(self):
        wide = "\n".join(chr(0x4E00 + i) + chr(0xAC00 + i) for i in range(3000))
        for text, block in ((wide, 16), ("ab" * 500000, 16), ("x", 16), (ABC, 1)):
            settings = {"n_embd": 4, "num_steps": 1, "num_samples": 1, "block_size": block}
            self.assertEqual(len(losses(self.load(text, **settings)["output"])), 1)

class Refused(TextCase):
    def last_words(self, text, **settings):
        """Return the last line of a run that ends before anything is trained."""
        done = run(text, script=self.copy(**settings))
        self.assertEqual((done.returncode, losses(done.stdout)), (1, []))
        return done.stderr.splitlines()[-1]

    def test_texts_that_cannot_be_read(self):
        self.assertRegex(self.last_words(self.folder / "none.txt"), "No such file.*none.txt")
        self.assertRegex(self.last_words(self.folder), "^(IsADirectory|Permission)Error: .*'.+'$")
        for content in (b"abc\n\xff", "\ufeff\xe9".encode("utf-16")):
            self.assertRegex(self.last_words(self.write(content)), "^UnicodeDecodeError: 'utf-8'")
        for content in ("", " \t\r\n \n", "\ufeff\n"):
            path = self.write(content)
            self.assertEqual(self.last_words(path), f"AssertionError: there is no text in {path}")

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid(), "root may read all")
    def test_a_text_without_permission(self):
        path = self.write(ABC)
        path.chmod(0)
        self.assertRegex(self.last_words(path), "Permission denied.*text.txt")

    def test_settings_that_cannot_work(self):
        heads = "AssertionError: n_embd must be a multiple of n_head"
        above = "AssertionError: temperature must be above 0"
        for setting, words in [
            ({"n_head": 3}, heads), ({"n_embd": 2}, heads), ({"n_head": 0}, "ZeroDivisionError"),
            ({"temperature": 0}, above), ({"temperature": -1.0}, above),
            ({"block_size": 0}, "ZeroDivisionError"), ({"num_steps": 1e3}, "TypeError"),
        ]:  # fmt: skip
            self.assertRegex(self.last_words(self.write(ABC), **setting), f"^{words}")

class Place(TextCase):
    def setUp(self):
        super().setUp()
        self.script = self.copy(num_steps=0, num_samples=0)
        self.enter("here")

    def docs(self, *text):
        return len(execute(self.script, *text)["docs"])

    def test_input_txt_is_the_one_in_the_current_folder_and_another_is_named(self):
        self.write("a\nb\nc\n", "here/input.txt")
        two = self.write("a\nb\n")
        self.assertEqual((self.docs(), self.docs(two), self.docs(two, "more")), (3, 2, 2))
        self.script = self.copy(num_steps=0, num_samples=0, dataset=str(two))
        self.assertEqual((self.docs(), self.docs("input.txt")), (2, 3))

    def test_the_arguments_of_notebook_kernels_and_consoles_change_nothing(self):
        self.write(ABC, "here/input.txt")
        copy = self.copy(num_steps=2, num_samples=1)
        expected = lines(execute(copy)["output"])
        self.assertEqual((len(losses(expected)), len(samples(expected))), (2, 1))
        for arguments in ("-f kernel.json", "--f=kernel.json", "--mode=client --port=1"):
            self.assertEqual(lines(execute(copy, *arguments.split())["output"]), expected)
        code = "import sys; sys.argv = ['']; exec(open('../copy.py', encoding='utf-8').read())"
        self.assertEqual(run(code, script="-c", cwd=".").stdout, expected)

    def test_what_was_fetched_whole_is_used_and_kept(self):
        with mock.patch("urllib.request.urlopen", side_effect=[io.BytesIO(b"ada\r\nbo\n")]) as get:
            self.assertEqual((self.docs(), self.docs()), (2, 2))
        get.assert_called_once_with(URL, timeout=30)
        with open("input.txt", "rb") as file:
            self.assertEqual((os.listdir(), file.read()), (["input.txt"], b"ada\r\nbo\n"))

    def test_a_download_that_fails_or_is_cut_leaves_nothing_and_a_named_text_is_not_fetched(self):
        cut = mock.Mock(**{"read.side_effect": http.client.IncompleteRead(b"ada\nb", 228140)})
        for words, reply in [
            ("no route", urllib.error.URLError("no route")),
            ("228140 more expected", [cut]),
        ]:
            with mock.patch("urllib.request.urlopen", side_effect=reply) as get:
                with self.assertRaisesRegex(Exception, words):
                    self.docs()
                with self.assertRaisesRegex(FileNotFoundError, "other.txt"):
                    self.docs("other.txt")
            self.assertEqual((os.listdir(), get.call_count), ([], 1))

    def test_it_is_the_one_that_the_figures_are_of_and_its_line_ends_do_not_matter(self):
        data = (ROOT / "input.txt").read_bytes()
        sizes = [len(part) for part in (data, data.split(), {*data.split()})]
        self.assertEqual(sizes, [228145, 32033, 29494])
        self.write(data.replace(b"\n", b"\r\n"), "input.txt")
        copy = self.copy(num_steps=5, num_samples=2)
        outputs = [figures(run(script=copy, cwd=folder).stdout) for folder in (ROOT, self.folder)]
        self.assertEqual((len(outputs[0]), outputs[0]), (3 + 5 + 2, outputs[1]))
