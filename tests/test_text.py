"""Any text: its lines, its characters, its place, and how it comes from the network."""

import errno
import http.client
import io
import os
import pathlib
import shutil
import urllib.error
from unittest import mock

from helpers import ROOT, SCRIPT, TextCase, load, losses, options, run, samples

LINES = [  # a text and its documents
    ("ab\nc d\ne", ["ab", "c d", "e"]),
    ("ab\r\nc d\r\ne\r\n", ["ab", "c d", "e"]),
    ("ab\rc d\re\r", ["ab", "c d", "e"]),
    ("a\u2028b\x0cc\x85d\n", ["a\u2028b\x0cc\x85d"]),  # only line ends end a line
    ("  ab \n\n \t \n\u3000cd\n", ["ab", "cd"]),
    ("\ufeffXab\n", ["Xab"]),  # a byte order mark is no character
]
SCRIPTS = ["이름\n나라", "😀😃\n👍🏽👩", "日本\n中国", "Ωψ\nЖю", "שלום", "e\u0301\n\u00e9"]  # two é
URL = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt"

class Lines(TextCase):
    def test_each_line_is_a_document_without_the_blanks_around_it_if_anything_is_left(self):
        for text, docs in LINES:
            self.assertEqual(sorted(self.load(text)["docs"]), docs)

    def test_documents_longer_than_the_block_are_counted_where_there_are_any(self):
        cut = "docs cut to 4 characters: "
        for long, lines in enumerate([[], [cut + "1"], [cut + "2"]]):
            output = self.load("abcd" + "\nabcde" * long, block_size=4)["output"]
            self.assertEqual(output.splitlines()[2:-1], lines)

class Characters(TextCase):
    def test_a_token_is_the_place_of_its_character_in_sorted_order_and_bos_comes_last(self):
        for text in SCRIPTS:
            model = self.load(text)
            chars = sorted(set(text) - {"\n"})
            self.assertEqual((model["chars"], model["BOS"]), (chars, len(chars)))
            self.assertEqual([model["token_of"][char] for char in chars], [*range(len(chars))])
            self.assertEqual(model["vocab_size"], len(chars) + 1)

    def test_any_script_trains_and_samples(self):
        for text in SCRIPTS[:2]:
            knobs = options(num_steps=2, num_samples=2)
            done = run(self.write(text), *knobs, env={"LC_ALL": "C"})
            self.assertEqual((done.returncode, done.stderr, len(samples(done.stdout))), (0, "", 2))

    def test_what_the_output_cannot_show_has_a_stand_in(self):
        path, knobs = self.write("日é\n日é本\n"), {"num_steps": 2, "num_samples": 3}
        for encoding, shown in (("ascii", b"??"), ("latin-1", b"?\xe9"), ("utf-8", "日é".encode())):
            stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
            stream.getvalue = stream.buffer.getvalue
            lines = load(path, stream=stream, prompt="日é", **knobs)["output"].splitlines()[-3:]
            self.assertEqual([line[11 : 11 + len(shown)] for line in lines], [shown] * 3)

    def test_thousands_of_characters_and_a_line_of_a_megabyte(self):
        wide = "\n".join(chr(0x4E00 + i) + chr(0xAC00 + i) for i in range(3000))
        for text in (wide, "ab" * 500000, "x"):
            model = self.load(text, n_embd=4, num_steps=1, num_samples=1)
            self.assertEqual(len(losses(model["output"])), 1)

class Place(TextCase):
    def setUp(self):
        super().setUp()
        for name in ("script", "here"):
            (self.folder / name).mkdir()
        self.script = self.folder / "script" / "copy.py"
        shutil.copy(str(SCRIPT), str(self.script))
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(str(self.folder / "here"))

    def docs(self, *text, script=None):
        """Run the copy; return the number of documents, or its last words."""
        try:
            model = load(*text, script=script or self.script, num_steps=0, num_samples=0)
            return len(model["docs"])
        except SystemExit as end:
            return end.code

    def files(self):
        return sorted(path.name for path in self.folder.glob("*/*"))

    def test_input_txt_in_the_folder_comes_before_the_one_beside_the_script(self):
        self.write("a\nb\nc\n", "script/input.txt")
        relative = os.path.join("..", "script", "copy.py")
        self.assertEqual((self.docs(), self.docs(script=relative)), (3, 3))
        self.write("a\nb\n", "here/input.txt")
        self.assertEqual((self.docs(), self.docs("../script/input.txt")), (2, 3))

    def test_what_was_fetched_whole_is_used_and_kept(self):
        with mock.patch("urllib.request.urlopen", side_effect=[io.BytesIO(b"ada\r\nbo\n")]) as get:
            self.assertEqual((self.docs(), self.docs()), (2, 2))
        get.assert_called_once_with(URL, timeout=30)
        self.assertEqual(self.files(), ["copy.py", "input.txt"])
        self.assertEqual(self.script.with_name("input.txt").read_bytes(), b"ada\r\nbo\n")

    def test_a_download_that_fails_is_one_line_and_leaves_nothing(self):
        cut = mock.Mock(**{"read.side_effect": http.client.IncompleteRead(b"ada\nb", 228140)})
        forbidden = urllib.error.HTTPError(URL, 403, "Forbidden", {}, io.BytesIO())
        self.addCleanup(forbidden.close)
        for words, reply in [
            ("<urlopen error no route>", urllib.error.URLError("no route")),
            ("HTTP Error 403: Forbidden", forbidden),
            ("IncompleteRead(5 bytes read, 228140 more expected)", [cut]),
        ]:
            with mock.patch("urllib.request.urlopen", side_effect=reply):
                self.assertEqual(self.docs(), f"microgpt: cannot load {URL!r}: {words}")
            self.assertEqual(self.files(), ["copy.py"])

    def test_a_download_is_written_under_another_name_until_it_is_whole(self):
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("urllib.request.urlopen", side_effect=[io.BytesIO(b"ada\n")]):
            with mock.patch.object(pathlib.Path, "replace", side_effect=full):
                self.assertIn("No space left on device", self.docs())
        self.assertNotIn("input.txt", self.files())

    def test_a_named_text_is_never_fetched(self):
        with mock.patch("urllib.request.urlopen", side_effect=AssertionError):
            self.assertIn("No such file", self.docs("other.txt"))

    def test_the_input_is_the_one_that_the_figures_are_of(self):
        data = (ROOT / "input.txt").read_bytes()
        self.assertEqual((len(data), data.count(b"\n")), (228145, 32032))
        self.assertEqual(len(set(data.split())), 29494)
