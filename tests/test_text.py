"""Any text: its lines, its characters, its place."""

import os
import shutil

from helpers import ABC, ROOT, SCRIPT, TextCase, load, run, steps

SCRIPTS = [
    "이름\n나라\n",
    "😀😃\n👍🏽👨‍👩‍👧\n",
    "日本\n中国\n",
    "Ελλάδα\nКиїв\n",
    "שלום\nسلام\n",
    "e\u0301\né\n",
]


class Lines(TextCase):
    def docs(self, text):
        return sorted(self.load(text=text)["docs"])

    def test_one_document_a_line_with_any_line_end(self):
        for end in ("\n", "\r\n", "\r"):
            self.assertEqual(self.docs(end.join(["ab", "c d", "e"])), ["ab", "c d", "e"])
            self.assertEqual(self.docs(end.join(["ab", "c d", "e", ""])), ["ab", "c d", "e"])

    def test_only_line_ends_end_a_line(self):
        self.assertEqual(self.docs("a\u2028b\x0cc\x85d\n"), ["a\u2028b\x0cc\x85d"])

    def test_blanks_at_the_ends_and_blank_lines_are_left_out(self):
        self.assertEqual(self.docs("  ab \n\n \t \n\u3000cd\n"), ["ab", "cd"])

    def test_a_byte_order_mark_is_no_character(self):
        self.assertEqual(self.load(text=b"\xef\xbb\xbfab\n")["chars"], ["a", "b"])
        self.assertEqual(self.load(text=b"\xef\xbb\xbfXab\n")["docs"], ["Xab"])

    def test_the_documents_are_shuffled_by_the_seed(self):
        text = "\n".join("abcdefghij")
        one, same, other = (self.load("--seed", seed, text=text)["docs"] for seed in (1, 1, 2))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)
        self.assertEqual(sorted(one), list("abcdefghij"))


class Tokens(TextCase):
    def test_characters_of_any_script_become_tokens_and_characters_again(self):
        for text in SCRIPTS:
            model = self.load("--block-size", 20, text=text)
            self.assertEqual(model["chars"], sorted(set(text) - {"\n"}))
            self.assertEqual(model["vocab_size"], len(model["chars"]) + 1)
            self.assertEqual(model["BOS"], len(model["chars"]))
            for doc in model["docs"]:
                tokens = model["encode"](doc)
                self.assertEqual("".join(model["chars"][token] for token in tokens), doc)

    def test_any_script_trains_and_samples(self):
        for text in SCRIPTS:
            done = run(self.write(text), "--num-steps", 2, "--num-samples", 2, env={"LC_ALL": "C"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("sample  2: ", done.stdout)

    def test_what_the_output_cannot_show_has_a_stand_in(self):
        for encoding in ("ascii", "latin-1"):
            options = "--num-steps", 2, "--num-samples", 3, "--block-size", 9, "--prompt", "日é"
            done = run(
                self.write("日é\n日é本\n"),
                *options,
                env={"PYTHONIOENCODING": encoding, "LC_ALL": "C"},
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("sample  3: ?", done.stdout)
            self.assertRegex(done.stdout, r"mean [\d.]+ [_.=+*%#-]{50} [\d.]+ ")

    def test_thousands_of_characters_and_a_line_of_a_megabyte(self):
        wide = "\n".join(chr(0x4E00 + i) + chr(0xAC00 + i) for i in range(3000))
        for text in (wide, "ab" * 500000, "x"):
            done = run(self.write(text), "--n-embd", 4, "--num-steps", 1, "--num-samples", 1)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class Long(TextCase):
    def test_documents_longer_than_the_block_are_cut_and_counted(self):
        model = self.load("--block-size", 4, text="abcd\nabcde\nabcdefg\n")
        line = "docs cut to 4 characters: 2 (--block-size 8 cuts none)"
        self.assertEqual(model["output"].splitlines()[1], line)

    def test_where_none_is_longer_there_is_no_such_line(self):
        self.assertNotIn("cut", self.load("--block-size", 4, text="abcd\nabc\n")["output"])

    def test_only_the_beginning_of_a_cut_document_counts(self):
        for one, two in (("abcd", "abcdxy"), ("abcdx", "abcdyx")):
            texts = f"{one}\nxy", f"{two}\nxy"
            shown = [
                steps(self.load("--num-steps", 4, "--block-size", 4, text=text)["output"])
                for text in texts
            ]
            self.assertEqual(shown[0], shown[1])

    def test_the_end_of_a_document_is_learned_where_it_fits(self):
        whole = self.load("--num-steps", 60, "--block-size", 3, "--num-samples", 5, text="ab\n")
        self.assertEqual(whole["output"].count(": ab  (known)"), 5)


class Place(TextCase):
    def copy(self, *folders):
        for folder in folders:
            (self.folder / folder).mkdir()
        shutil.copy(str(SCRIPT), str(self.folder / "script" / "copy.py"))
        return self.folder / "script" / "copy.py"

    def docs(self, script, *arguments, cwd):
        done = run("--num-steps", 0, "--num-samples", 0, *arguments, script=script, cwd=str(cwd))
        self.assertEqual(done.stderr, "")
        return int(done.stdout.split()[2])

    def test_input_txt_beside_the_script_comes_first_then_the_one_in_the_folder(self):
        script = self.copy("script", "here")
        self.write("a\nb\n", "here/input.txt")
        self.assertEqual(self.docs(script, cwd=self.folder / "here"), 2)
        self.write("a\nb\nc\n", "script/input.txt")
        self.assertEqual(self.docs(script, cwd=self.folder / "here"), 3)
        relative = os.path.join("..", "script", "copy.py")
        self.assertEqual(self.docs(relative, cwd=self.folder / "here"), 3)

    def test_a_named_text_is_that_of_the_current_folder(self):
        script = self.copy("script", "here")
        self.write("a\nb\n", "here/input.txt")
        self.write("a\nb\nc\n", "script/input.txt")
        self.assertEqual(self.docs(script, "input.txt", cwd=self.folder / "here"), 2)

    def test_the_input_is_the_one_that_the_figures_are_of(self):
        data = (ROOT / "input.txt").read_bytes()
        self.assertEqual((len(data), data.count(b"\n")), (228145, 32032))

    def test_the_text_is_left_as_it_was(self):
        path = self.write(ABC)
        load(path, "--num-steps", 1, "--num-samples", 1)
        self.assertEqual(path.read_text(), ABC)
        self.assertEqual(os.listdir(str(self.folder)), ["text.txt"])
