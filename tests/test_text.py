"""The text: its documents and tokens, the file it is read from, and the download."""

import http.client
import io
import os
import random
import unittest
import urllib.error
from unittest import mock

from helpers import NAMES, ROOT, ProgramCase, execute, figures, run, samples

URL = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"

class Documents(ProgramCase):
    def documents(self, text):
        return sorted(self.load(text)["docs"])

    def test_each_line_is_a_document(self):
        self.assertEqual(self.documents("ab\nc d\ne"), ["ab", "c d", "e"])

    def test_windows_line_ends_are_no_part_of_a_document(self):
        self.assertEqual(self.documents("ab\r\ncd\r\n"), ["ab", "cd"])

    def test_blanks_around_a_line_and_empty_lines_are_dropped(self):
        self.assertEqual(self.documents("  ab \n\n \t \n\u3000cd\n"), ["ab", "cd"])

    def test_only_line_ends_end_a_line(self):
        self.assertEqual(self.documents("a\u2028b\x0cc\n"), ["a\u2028b\x0cc"])

    def test_a_byte_order_mark_is_no_character(self):
        self.assertEqual(self.documents("\ufeffab\n"), ["ab"])

    def test_they_are_shuffled_by_the_seed(self):
        expected = NAMES.split()
        random.Random(7).shuffle(expected)
        self.assertEqual(self.load(NAMES, seed=7)["docs"], expected)

class Tokens(ProgramCase):
    def test_a_token_is_the_place_of_its_character_in_sorted_order(self):
        model = self.load("cab\nbee\n")
        self.assertEqual(model["token_of"], {"a": 0, "b": 1, "c": 2, "e": 3})

    def test_bos_comes_after_all_characters(self):
        model = self.load("cab\nbee\n")
        self.assertEqual(model["BOS"], 4)
        self.assertEqual(model["vocab_size"], 5)

    def test_any_script_trains_and_samples(self):
        for text in ("이름\n나라", "😀\n👍🏽👩", "日本\n中国", "שלום", "e\u0301\n\u00e9"):
            with self.subTest(text):
                model = self.load(text, num_steps=2, num_samples=2)
                self.assertEqual(set(model["chars"]), set(text) - {"\n"})
                self.assertEqual(len(samples(model["output"])), 2)

    def test_any_script_trains_and_samples_in_the_c_locale(self):
        copy = self.copy(num_steps=2, num_samples=2)
        done = run(self.write("text.txt", "이름\n나라"), script=copy, LC_ALL="C")
        self.assertEqual(done.stderr, "")
        self.assertEqual(len(samples(done.stdout)), 2)

    def test_a_text_of_one_letter(self):
        self.assertEqual(len(self.load("x", num_steps=2)["losses"]), 2)

    def test_a_text_of_6000_different_characters(self):
        text = "\n".join(chr(0x4E00 + i) + chr(0xAC00 + i) for i in range(3000))
        model = self.load(text, n_embd=4, num_steps=1)
        self.assertEqual(model["vocab_size"], 6001)
        self.assertEqual(len(model["losses"]), 1)

class Unreadable(ProgramCase):
    """A text that cannot be read ends the program before anything is trained."""

    def test_a_text_that_does_not_exist(self):
        last = self.last_line_of(self.folder / "none.txt")
        self.assertRegex(last, "^FileNotFoundError: .*none.txt")

    def test_a_folder(self):
        self.assertRegex(self.last_line_of(self.folder), "^(IsADirectory|Permission)Error: ")

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid(), "needs a user other than root")
    def test_a_text_that_may_not_be_read(self):
        path = self.write("text.txt", NAMES)
        path.chmod(0)
        self.assertRegex(self.last_line_of(path), "^PermissionError: .*text.txt")

    def test_a_text_that_is_not_utf8(self):
        path = self.write("text.txt", b"abc\n\xff")
        self.assertRegex(self.last_line_of(path), "^UnicodeDecodeError: 'utf-8'")

    def test_an_empty_text_is_named(self):
        path = self.write("text.txt", " \t\r\n \n")
        self.assertIn(str(path), self.last_line_of(path))

class WhichFile(ProgramCase):
    """The current folder is empty at first."""

    def setUp(self):
        super().setUp()
        self.script = self.copy(num_steps=0, num_samples=0)
        self.script.rename(self.folder / "elsewhere.py")
        self.script = self.folder / "elsewhere.py"
        self.enter_folder()

    def test_input_txt_of_the_current_folder_is_read(self):
        self.write("input.txt", "a\nb\nc\n")
        self.assertEqual(len(execute(self.script)["docs"]), 3)

    def test_the_first_argument_is_another_text(self):
        self.write("input.txt", "a\nb\nc\n")
        self.write("other.txt", "a\nb\n")
        self.assertEqual(len(execute(self.script, "other.txt")["docs"]), 2)

    def test_the_dataset_setting_is_another_text(self):
        self.write("other.txt", "a\nb\n")
        script = self.copy(num_steps=0, num_samples=0, dataset="other.txt")
        self.assertEqual(len(execute(script)["docs"]), 2)

    def test_input_txt_is_fetched_once_and_kept(self):
        reply = io.BytesIO(b"ada\r\nbo\n")
        with mock.patch("urllib.request.urlopen", return_value=reply) as urlopen:
            execute(self.script)
            names = execute(self.script)
        self.assertEqual(len(names["docs"]), 2)
        self.assertEqual((self.folder / "input.txt").read_bytes(), b"ada\r\nbo\n")
        urlopen.assert_called_once_with(URL, timeout=30)

    def test_no_other_text_is_fetched(self):
        with mock.patch("urllib.request.urlopen") as urlopen:
            with self.assertRaises(FileNotFoundError):
                execute(self.script, "other.txt")
        urlopen.assert_not_called()

    def test_a_refused_download_leaves_no_file(self):
        error = urllib.error.URLError("no route")
        with mock.patch("urllib.request.urlopen", side_effect=error):
            with self.assertRaisesRegex(urllib.error.URLError, "no route"):
                execute(self.script)
        self.assertFalse((self.folder / "input.txt").exists())

    def test_a_download_that_is_cut_short_leaves_no_file(self):
        reply = mock.Mock()
        reply.read.side_effect = http.client.IncompleteRead(b"ada\nb", 228140)
        with mock.patch("urllib.request.urlopen", return_value=reply):
            with self.assertRaises(http.client.IncompleteRead):
                execute(self.script)
        self.assertFalse((self.folder / "input.txt").exists())

class Names(ProgramCase):
    def test_there_are_32033_names_and_29494_distinct_ones(self):
        names = (ROOT / "input.txt").read_text(encoding="utf-8").split()
        self.assertEqual(len(names), 32033)
        self.assertEqual(len(set(names)), 29494)

    def test_its_line_ends_do_not_matter(self):
        names = (ROOT / "input.txt").read_bytes()
        windows = self.write("windows.txt", names.replace(b"\n", b"\r\n"))
        copy = self.copy(num_steps=3, num_samples=1)
        ours, theirs = run(windows, script=copy), run(script=copy)
        self.assertEqual(figures(ours.stdout), figures(theirs.stdout))

if __name__ == "__main__":
    unittest.main()
