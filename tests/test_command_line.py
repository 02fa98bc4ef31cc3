"""The knobs: each changes what it should, and what is wrong gets one plain line."""

import sys
import unittest

from helpers import ABC, TextCase, load, run, samples, steps


def header(output):
    return output.splitlines()[:3]


ABOUT = "Train a small GPT on a text, one document per line, and print what it makes up."
HELP = """\
TEXT The text, in UTF-8. (input.txt)
--n-layer N_LAYER Layers, each an attention and a small neural network, the MLP. (1)
--n-embd N_EMBD How many numbers stand for one token: the width. (16)
--n-head N_HEAD Attention heads, which divide the width among them. (4)
--block-size BLOCK_SIZE How many tokens the model can read at most. (16)
--activation {relu,relu2} The bend in the MLP: ReLU, or its square. (relu)
--num-steps NUM_STEPS Training steps, one document each. (1000)
--learning-rate LEARNING_RATE How far the first steps move a parameter. (0.01)
--lr-decay {linear,cosine} How the rate falls to 0. (linear)
--num-samples NUM_SAMPLES Samples to draw after training. (20)
--temperature TEMPERATURE Low gives likely samples, high gives wild ones. (0.5)
--prompt PROMPT What every sample begins with. ()
--seed SEED The same seed gives the same run. (42)""".splitlines()


class Knobs(TextCase):
    def output(self, *arguments):
        return load(self.write(ABC), *arguments, "--num-steps", 8, "--num-samples", 4)["output"]

    def params(self, n_layer=1, n_embd=16, block_size=16, vocab_size=4):
        return n_embd * (2 * vocab_size + block_size + n_layer * (4 + 8) * n_embd)

    def test_the_defaults_are_those_of_the_reference(self):
        plain = self.output()
        for name, value in [
            ("--n-layer", 1), ("--n-embd", 16), ("--n-head", 4), ("--block-size", 16),
            ("--activation", "relu"), ("--learning-rate", 0.01), ("--lr-decay", "linear"),
            ("--temperature", 0.5), ("--prompt", ""), ("--seed", 42),
        ]:  # fmt: skip
            self.assertEqual(self.output(name, value), plain, name)

    def test_the_size_of_the_model_follows_its_knobs(self):
        for n_layer, n_embd, block_size in [
            (1, 16, 16),
            (2, 16, 16),
            (1, 8, 16),
            (1, 16, 5),
            (3, 4, 7),
        ]:
            output = self.output(
                "--n-layer", n_layer, "--n-embd", n_embd, "--block-size", block_size
            )
            line = f"num params: {self.params(n_layer, n_embd, block_size)}"
            self.assertIn(line, output.splitlines()[:4])

    def test_what_changes_the_training_changes_each_loss_after_the_first(self):
        plain = self.output()
        for name, value in [("--learning-rate", 0.02), ("--lr-decay", "cosine")]:
            other = self.output(name, value)
            self.assertEqual(header(other), header(plain))
            self.assertEqual(steps(other)[0], steps(plain)[0])
            self.assertNotEqual(steps(other)[2:], steps(plain)[2:])

    def test_what_changes_the_model_changes_the_first_loss_too(self):
        plain = self.output()
        for name, value in [
            ("--n-layer", 2),
            ("--n-embd", 8),
            ("--n-head", 2),
            ("--activation", "relu2"),
            ("--seed", 1),
        ]:
            self.assertNotEqual(steps(self.output(name, value))[3], steps(plain)[3], name)

    def test_what_is_for_sampling_leaves_the_training_alone(self):
        plain = self.output()
        for name, value in [("--temperature", 3), ("--prompt", "c")]:
            other = self.output(name, value)
            self.assertEqual(steps(other), steps(plain))
            self.assertNotEqual(samples(other), samples(plain))

    def test_the_numbers_of_steps_and_samples(self):
        for n_steps, n_samples in [(0, 0), (0, 2), (3, 0), (1, 1)]:
            output = load(self.write(ABC), "--num-steps", n_steps, "--num-samples", n_samples)[
                "output"
            ]
            self.assertEqual((len(steps(output)), len(samples(output))), (n_steps, n_samples))
            self.assertEqual("samples are new" in output, n_samples > 0)

    def test_fewer_samples_are_the_first_of_more(self):
        few, more = (
            samples(load(self.write(ABC), "--num-steps", 1, "--num-samples", n)["output"])
            for n in (2, 5)
        )
        self.assertEqual(few, more[:2])

    def test_a_run_does_not_depend_on_the_order_of_hashes(self):
        path = self.write(ABC)
        runs = [
            run(path, "--num-steps", 3, "--num-samples", 3, env={"PYTHONHASHSEED": seed}).stdout
            for seed in ("0", "1", "12345")
        ]
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(runs[0], runs[2])

    def test_help_says_what_each_knob_is_for_beside_its_default(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = " ".join(done.stdout.split())
        self.assertTrue(text.startswith("usage: microgpt.py "), text)
        for sentence in (ABOUT, *HELP):
            self.assertIn(f" {sentence} ", text + " ")
        self.assertEqual(text.count("--"), 2 * 12 + 1)  # each twice, and --help


class Refused(TextCase):
    def test_the_lines_are_these(self):
        path, start = self.write(ABC), "microgpt: argument --"
        more = " (--help lists the options)\n"
        for arguments, line in [
            (
                ["--n-layer", 0],
                f"{start}n-layer: must be a finite number of at least 1, not 0{more}",
            ),
            (["--n-layer", "x"], f"{start}n-layer: invalid whole number value: 'x'{more}"),
            (["--temperature", "x"], f"{start}temperature: invalid number value: 'x'{more}"),
            (
                ["--n-embd", 9],
                f"microgpt: --n-embd 9 does not divide evenly among --n-head 4{more}",
            ),
            (
                [path, "--prompt", "yaz"],
                f"{start}prompt: the text has no 'y', 'z' to learn from{more}",
            ),
            (
                [path, "--prompt", "ab", "--block-size", 2],
                f"{start}prompt: 2 characters leave no room in a block size of 2{more}",
            ),
            (
                ["none.txt"],
                "microgpt: 'none.txt': No such file or directory;"
                " name a UTF-8 text with one document per line\n",
            ),
        ]:
            self.assertEqual(run(*arguments).stderr, line)

    def refuse(self, *arguments, status=2, says):
        """The program ends at once with one line on stderr that says this, and what to do."""
        done = run(*arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("microgpt: "), done.stderr)
        self.assertNotIn("step", done.stdout)
        for words in says:
            self.assertIn(words, done.stderr)

    def test_numbers_that_are_none(self):
        for name in (
            "--n-layer",
            "--n-embd",
            "--n-head",
            "--block-size",
            "--num-steps",
            "--num-samples",
            "--seed",
        ):
            self.refuse(name, "x", says=[name, "whole number", "'x'", "--help"])
            self.refuse(name, "1.5", says=[name, "whole number", "'1.5'", "--help"])
        for name in ("--learning-rate", "--temperature"):
            self.refuse(name, "x", says=[name, "number", "'x'", "--help"])

    def test_numbers_that_make_no_sense(self):
        for name in ("--n-layer", "--n-embd", "--n-head", "--block-size"):
            self.refuse(name, 0, says=[name, "at least 1", "0"])
        for name in ("--num-steps", "--num-samples", "--seed"):
            self.refuse(name, -1, says=[name, "at least 0", "-1"])
        for name in ("--learning-rate", "--temperature"):
            for text in ("nan", "inf", "0", "-1"):
                self.refuse(name, text, says=[name, "finite number of at least 1e-09", text])

    def test_the_least_that_makes_sense_is_taken(self):
        small = ["--n-layer", 1, "--n-embd", 1, "--n-head", 1, "--block-size", 1, "--num-steps", 0]
        done = run(
            self.write(ABC),
            *small,
            "--num-samples",
            0,
            "--learning-rate",
            1e-9,
            "--temperature",
            1e-9,
            "--seed",
            0,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_width_that_the_heads_cannot_share(self):
        self.refuse("--n-embd", 18, says=["--n-embd 18", "--n-head 4"])

    def test_choices_and_options_that_are_none(self):
        self.refuse("--lr-decay", "fast", says=["--lr-decay", "'fast'", "linear", "cosine"])
        self.refuse("--activation", "gelu", says=["--activation", "'gelu'", "relu", "relu2"])
        self.refuse("--layers", 3, says=["--layers", "--help"])
        self.refuse("--n-lay", 3, says=["--n-lay", "--help"])

    def test_two_texts(self):
        self.refuse("one.txt", "two.txt", says=["two.txt", "--help"])

    def test_a_prompt_with_characters_that_the_text_does_not_have(self):
        self.refuse(self.write(ABC), "--prompt", "azby", says=["--prompt", "'y', 'z'"])

    def test_a_prompt_as_long_as_the_block(self):
        self.refuse(
            self.write(ABC),
            "--prompt",
            "abcd"[:3],
            "--block-size",
            3,
            says=["--prompt", "3 characters"],
        )
        done = run(self.write(ABC), "--prompt", "ab", "--block-size", 3, "--num-steps", 0)
        self.assertEqual(done.returncode, 0)

    def test_texts_that_cannot_be_read(self):
        advice = "one document per line"
        self.refuse(self.folder / "none.txt", status=1, says=["none.txt", "No such file", advice])
        self.refuse(self.folder, status=1, says=[str(self.folder), advice])
        self.refuse("", status=1, says=["''", "No such file", advice])

    @unittest.skipUnless(
        hasattr(sys, "getwindowsversion") or __import__("os").geteuid(), "root may read all"
    )
    def test_a_text_without_permission(self):
        path = self.write(ABC)
        path.chmod(0)
        self.refuse(path, status=1, says=["text.txt", "Permission denied"])

    def test_texts_with_nothing_in_them(self):
        for content in ("", "\n\n", " \t\r\n \n", "\ufeff\n"):
            self.refuse(
                self.write(content), status=1, says=["text.txt", "no text", "one document per line"]
            )

    def test_texts_that_are_not_utf_8(self):
        self.refuse(
            self.write(b"abc\n\xff"), status=1, says=["text.txt", "UTF-8", "0xff", "position 4:"]
        )
        utf_16 = self.write("\ufeffé".encode("utf-16"))
        self.refuse(utf_16, status=1, says=["UTF-8", "position 0:"])
        self.refuse(self.write(b"\xef\xbb\xbfab\xe9\n"), status=1, says=["0xe9", "position 5:"])


class Extremes(TextCase):
    def test_training_that_diverges_says_where_and_which_knob(self):
        for rate, activation, step in ((1e300, "relu", 3), (1e150, "relu2", 2)):
            done = run(
                self.write("ab\n"),
                "--learning-rate",
                rate,
                "--activation",
                activation,
                "--num-steps",
                9,
            )
            self.assertEqual(done.returncode, 1)
            line = rf"^microgpt: the loss is (nan|inf) at step {step}: lower --learning-rate\n$"
            self.assertRegex(done.stderr, line)

    def test_large_and_small_numbers_run(self):
        settings = [("--learning-rate", 1e10), ("--learning-rate", 1e-9)]
        settings += [("--temperature", number) for number in (1e-9, 0.001, 1000, 1e308)]
        for name, number in settings:
            done = run(self.write("ab\n"), name, number, "--num-steps", 4)
            self.assertEqual((done.returncode, done.stderr), (0, ""), (name, number))

    def test_samples_of_diverged_weights_end_in_a_line(self):
        settings = ["--learning-rate", 1e150, "--activation", "relu2", "--num-steps", 1]
        done = run(self.write("ab\n"), *settings)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "microgpt: the training diverged: lower --learning-rate\n")
