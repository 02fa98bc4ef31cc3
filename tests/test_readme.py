"""What the README shows is so, each edit of its cookbook works, and the files are what it says."""

import contextlib
import io
import math
import re
import sys
import unittest
from statistics import mean
from unittest import mock

from helpers import (
    ABC, ROOT, SOURCE, TINY, TextCase, default_run, figures, floats, gradients, losses, mean_loss,
    run, samples, scatter,
)  # fmt: skip
from readme_figures import README, experiments, shows
from test_golden import golden

FENCED = re.findall(r"(?ms)^```(\w*)\n(.*?)\n```$", README)

def block(language, words):
    """Return the text of the one fenced block of a language with these words in it."""
    (found,) = [text for name, text in FENCED if name == language and words in text]
    return found

def recipe(words):
    """Return the edits of the cookbook's one diff with these words in it, as (old, new) pairs."""
    edits = []
    for hunk in block("diff", words).split("\n\n"):
        rows = [(line[:1], line[1:]) for line in hunk.split("\n")]
        old, new = ("\n".join(text for sign, text in rows if sign != other) for other in "+-")
        edits.append((f"\n{old}\n", f"\n{new}\n"))
    return edits

def one_liner(words):
    """Return the edit that the cookbook gives in a line, `old` becomes `new`, with these words."""
    pairs = re.findall(r"`([^`]+)` becomes\s+`([^`]+)`", README)
    (found,) = [pair for pair in pairs if words in pair[1]]
    return found

class Shown(TextCase):
    def test_the_output_is_that_of_the_default_run(self):
        shown, lines = block("", "sample  5").split("\n"), iter(default_run().stdout.splitlines())
        self.assertEqual([line for line in shown if line not in lines], [])
        self.assertEqual(len(shown), 5)

    def test_the_curve_is_the_mean_of_the_default_run_and_the_cost_of_a_guess_is_right(self):
        rows = [re.findall(r"[\d.]+", row) for row in block("mermaid", "xychart").split("\n")]
        shown = [figure for _, figure in losses(default_run().stdout)]
        steps, means = rows[2], rows[4]
        self.assertEqual(steps, ["1"] + [str(n) for n in range(200, 1001, 200)])
        self.assertEqual(means, [shown[int(step) - 1] for step in steps])
        self.assertIn(f"log(27) = {math.log(27):.4f}", README)

    def test_the_known_samples_are_eleven_and_were_not_trained_on(self):
        docs = self.load((ROOT / "input.txt").read_text(encoding="utf-8"))["docs"]
        shown = samples(default_run().stdout)
        known = {text[: -len("  (known)")] for text in shown if text.endswith("  (known)")}
        self.assertEqual((len(known), known - {*docs}, known & {*docs[:1000]}), (11, set(), set()))
        self.assertFalse({*shown} & {*docs})

    def test_the_example_of_gradients_prints_what_it_says(self):
        example = block("python", "loss = a * b + a")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(example, self.load())
        said = re.search(r"# ([\d. ]+):", example).group(1)
        self.assertEqual(output.getvalue(), f"{said}\n")

    def test_the_quick_experiments_come_out_as_shown(self):
        quick = [row for row in experiments() if row[1] in (0, 100) or row[2] == "ValueError"]
        self.assertEqual((len(experiments()), len(quick)), (13, 3))
        self.assertEqual([row for row in quick if not shows(*row)], [])

    def test_the_ten_cities_are_known_by_heart(self):
        unix = re.search(r"printf '(.+)' > cities.txt", README).group(1)
        windows = re.search(r"`'(.+)' \| Set-Content", README).group(1)
        self.assertEqual(unix.replace(r"\n", "','"), windows + "','")
        self.write(unix.replace(r"\n", "\n"), "cities.txt")
        command = re.search(r"(?m)^python (tests/edited.py .* cities.txt)$", README).group(1)
        script, *arguments = command.split()
        done = run(*arguments, script=ROOT / script, cwd=self.folder)
        self.assertIn(f"`{done.stdout.splitlines()[-1]}`", README)

class Cookbook(TextCase):
    """Each edit is applied to a copy as it is quoted, and the copy is run."""

    def test_the_choices_of_microgpt_go_print_the_figures_of_the_reference_with_them(self):
        edits = [one_liner("** 2"), one_liner("math.cos")]
        done = run(script=self.copy(*edits, block_size=8, num_steps=500))
        expected = golden("golden_go_choices.txt")
        self.assertEqual((figures(done.stdout), len(expected)), (expected, 3 + 500 + 20))
        said = re.search(r"does: with `(loss [\d.]+)` and `(.*?)`", README).groups()
        self.assertEqual((expected[502][-11:], expected[503]), said)

    def test_a_mini_batch_has_the_mean_gradient_of_its_documents(self):
        model, plain = (self.load(ABC, *edits, **TINY) for edits in ([one_liner("range(4)")], []))
        for names in (model, plain):
            scatter(names)
        loss, single = gradients(model, 1), []
        sums = [0.0] * len(plain["params"])
        for step in range(4, 8):
            single.append(gradients(plain, step))
            sums = [total + param.grad for total, param in zip(sums, plain["params"])]
        self.assertAlmostEqual(loss, mean(single), places=12)
        for param, total in zip(model["params"], sums):
            self.assertAlmostEqual(param.grad, total / 4, places=12)

    def test_tanh_is_an_operation_with_its_slope(self):
        model = self.load("accb\n", *recipe("def tanh"), one_liner("tanh"), **TINY)
        scatter(model)
        loss = gradients(model)
        expected = mean_loss(floats(model), [3, 0, 2, 2, 1, 3], 2, math.tanh)
        self.assertAlmostEqual(loss, expected, places=9)
        a = model["Value"](0.7)
        a.tanh().backward()
        self.assertAlmostEqual(a.grad, (math.tanh(0.7001) - math.tanh(0.6999)) / 0.0002, places=6)

    def test_a_prompt_begins_each_sample_and_is_refused_before_training_if_it_cannot(self):
        edits = recipe("prompt")
        model = self.load("mama\nam\n", *edits, num_samples=30, block_size=4)
        shown = samples(model["output"])
        self.assertEqual({text[:2] for text in shown}, {"ma"})
        self.assertGreater(len(set(shown)), 3)
        with self.assertRaisesRegex(KeyError, "^'m'$"):
            self.load(ABC, *edits)
        short = self.load("ma", *edits, num_samples=1, block_size=1)
        self.assertEqual(samples(short["output"]), ["m"])

    def test_a_held_out_loss_is_printed_every_hundred_steps_and_leaves_no_tape(self):
        text = "\n".join(a + b + c for a in "abcdefgh" for b in "abcdefgh" for c in "abcdefgh")
        settings = {"n_embd": 4, "block_size": 3, "num_steps": 200}
        model = self.load(text, *recipe("held_out"), **settings)
        shown = re.findall(r"held out: (\S+)", model["output"])
        self.assertEqual((len(shown), len(model["docs"]), len(model["tape"])), (2, 312, 0))
        expected = mean(model["loss_of"](doc).data for doc in model["held_out"])
        self.assertAlmostEqual(float(shown[-1]), expected, places=9)
        plain = self.load(text, **settings)
        self.assertEqual(losses(model["output"]), losses(plain["output"]))

    def test_ctrl_c_goes_on_to_the_samples(self):
        press = "if step == 5: raise KeyboardInterrupt\n    adam("
        edits = [*recipe("KeyboardInterrupt"), ("adam(step, l", f"{press}step, l")]
        model = self.load(ABC, *edits, num_steps=9, num_samples=2)
        self.assertEqual((len(losses(model["output"])), len(samples(model["output"]))), (5, 2))

    def test_more_training_goes_on_from_what_was_learned(self):
        names = self.load(n_embd=4, num_steps=50)
        before = names["losses"][:]
        exec(block("python", "num_steps += 100"), names)
        self.assertEqual((names["losses"][:50], len(names["losses"])), (before, 150))
        self.assertLess(mean(names["losses"][50:]), mean(before))

    def test_the_gradient_check_shows_the_same_number_twice(self):
        names = self.load("emma\nanna\n", num_steps=3)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(block("python", "0.0001"), names)
        grad, growth = map(float, output.getvalue().split())
        self.assertAlmostEqual(grad, growth, delta=1e-4)
        self.assertGreater(abs(grad), 1e-3)

    def test_the_losses_are_drawn(self):
        plot = mock.MagicMock()
        names = self.load(n_embd=4, num_steps=3)
        with mock.patch.dict(sys.modules, {"matplotlib": plot, "matplotlib.pyplot": plot.pyplot}):
            exec(block("python", "matplotlib"), names)
        calls = [mock.call.plot(names["losses"]), mock.call.show()]
        self.assertEqual(plot.pyplot.mock_calls, calls)

    def test_no_edit_is_left_untried(self):
        self.assertEqual([name for name, _ in FENCED].count("diff"), 4)
        self.assertEqual([name for name, _ in FENCED].count("python"), 4)
        self.assertEqual(len(re.findall(r"` becomes\s+`", README)), 4)

class Named(unittest.TestCase):
    def test_the_map_links_each_section_to_its_line(self):
        shown = re.findall(r"(?m)^(\d)\. \[The ([\w ]+)\]\(microgpt.py#L(\d+)\)", README)
        sections = []
        for number, line in enumerate(SOURCE.splitlines(), 1):
            title = re.match(r"# %% (\d)\. The ([\w ]+)", line)
            if title:
                sections.append((*title.groups(), str(number)))
        self.assertEqual((len(sections), shown), (9, sections))

    def test_every_file_is_there(self):
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", README):
            self.assertTrue((ROOT / target).exists(), target)
        for target in re.findall(r"python (tests/\w+\.py)", README):
            self.assertTrue((ROOT / target).exists(), target)

    def test_the_pages_are_no_longer_than_they_should_be(self):
        lines = SOURCE.splitlines()
        self.assertIn(f"in {len(lines)} lines to be read once", README)
        self.assertLessEqual((len(lines), max(map(len, lines))), (295, 100))
        self.assertLessEqual(lines.index("class Value:"), 64)
        self.assertLessEqual(len(README.splitlines()), 220)
        imported = re.findall(r"(?m)^\s*(?:import|from) (\w+)", SOURCE)
        self.assertEqual(imported, ["math", "random", "sys", "pathlib", "statistics", "urllib"])
