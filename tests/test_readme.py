"""What the README shows is so, each edit of its cookbook works, and the files are what it says."""

import contextlib
import io
import math
import re
import sys
from statistics import mean
from unittest import mock

import helpers
from helpers import ABC, ROOT, SOURCE, TINY, TextCase, default_run, gradients, losses, run, samples
from readme_figures import README, experiments, shows

FENCED = re.findall(r"(?ms)^```(\w*)\n(.*?)\n```$", README)
LINES = re.findall(r"`([^`]+)` becomes\s+`([^`]+)`", README)  # edits of a line

def block(language, words):
    """Return the text of the one fenced block of a language with these words in it."""
    (found,) = [text for name, text in FENCED if name == language and words in text]
    return found

def type_in(names, words):
    """Execute the README's Python with these words in it, and return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(block("python", words), names)
    return output.getvalue()

def recipe(words):
    """Return the edits of the cookbook's one diff with these words in it, as (old, new) pairs."""
    edits = []
    for hunk in block("diff", words).split("\n\n"):
        rows = [(line[:1], line[1:]) for line in hunk.split("\n")]
        old, new = ("\n".join(text for sign, text in rows if sign != other) for other in "+-")
        edits.append((f"\n{old}\n", f"\n{new}\n"))
    return edits

def one_liner(words):
    """Return the one edit of a line with these words in what it becomes."""
    (found,) = [pair for pair in LINES if words in pair[1]]
    return found

class Shown(TextCase):
    def test_the_output_is_that_of_the_default_run_whose_known_names_were_not_trained_on(self):
        shown, lines = block("", "sample  5").split("\n"), iter(default_run().stdout.splitlines())
        self.assertEqual((len(shown), [line for line in shown if line not in lines]), (5, []))
        docs = self.load((ROOT / "input.txt").read_text(encoding="utf-8"))["docs"]
        drawn = samples(default_run().stdout)
        known = {name[: -len("  (known)")] for name in drawn if name.endswith("  (known)")}
        self.assertEqual((len(known), known - {*docs}, known & {*docs[:1000]}), (11, set(), set()))
        self.assertEqual({*drawn} & {*docs}, set())

    def test_the_curve_is_the_mean_of_the_default_run_and_the_cost_of_a_guess_is_right(self):
        rows = [re.findall(r"[\d.]+", row) for row in block("mermaid", "xychart").split("\n")]
        shown = [figure for _, figure in losses(default_run().stdout)]
        self.assertEqual(rows[2], ["1", "200", "400", "600", "800", "1000"])
        self.assertEqual(rows[4], [shown[int(step) - 1] for step in rows[2]])
        self.assertIn(f"log(27) = {math.log(27):.4f}", README)

    def test_the_example_of_gradients_prints_what_it_says(self):
        printed = type_in(self.load(), "loss = a * b + a").strip()
        self.assertIn(f"# {printed}: loss grows", README)

    def test_the_quick_experiments_come_out_as_shown(self):
        quick = [row for row in experiments() if row[1] in (0, 100) or row[2] == "ValueError"]
        self.assertEqual((len(experiments()), len(quick)), (13, 3))
        self.assertEqual([row for row in quick if not shows(*row)], [])

    def test_the_ten_cities_are_known_by_heart(self):
        unix = re.search(r"printf '(.+)' > cities.txt", README).group(1).replace(r"\n", "\n")
        windows = re.search(r"`'(.+)' \| Set-Content", README).group(1)
        self.assertEqual(windows.split("','"), unix.split())
        self.write(unix, "cities.txt")
        command = re.search(r"(?m)^python tests/edited.py (.* cities.txt)$", README).group(1)
        done = run(*command.split(), script=ROOT / "tests" / "edited.py", cwd=self.folder)
        self.assertIn(f"`{done.stdout.splitlines()[-1]}`", README)

class Cookbook(TextCase):  # each edit is applied to a copy as it is quoted, and the copy is run
    def test_no_edit_is_left_untried(self):
        names = [name for name, _ in FENCED]
        self.assertEqual((names.count("diff"), names.count("python"), len(LINES)), (4, 4, 4))

    def test_the_choices_of_microgpt_go_print_the_figures_of_the_reference_with_them(self):
        edits = [one_liner("** 2"), one_liner("math.cos")]
        done = run(script=self.copy(*edits, block_size=8, num_steps=500))
        expected = helpers.golden("golden_go_choices.txt")
        self.assertEqual((helpers.figures(done.stdout), len(expected)), (expected, 3 + 500 + 20))
        said = re.search(r"does: with `(loss [\d.]+)` and `(.*?)`", README).groups()
        self.assertEqual((expected[502][-11:], expected[503]), said)

    def test_a_mini_batch_has_the_mean_gradient_of_its_documents(self):
        batch, plain = (self.load(ABC, *edits, **TINY) for edits in ([one_liner("range(4)")], []))
        helpers.scatter(batch)
        helpers.scatter(plain)
        loss, single, grads = gradients(batch, 1), [], []
        for step in range(4, 8):
            single.append(gradients(plain, step))
            grads.append([param.grad for param in plain["params"]])
        self.assertAlmostEqual(loss, mean(single), places=12)
        for param, four in zip(batch["params"], zip(*grads)):
            self.assertAlmostEqual(param.grad, mean(four), places=12)

    def test_tanh_is_an_operation_with_its_slope(self):
        model = self.load("accb\n", *recipe("def tanh"), one_liner("tanh"), **TINY)
        helpers.scatter(model)
        expected = helpers.mean_loss(helpers.floats(model), [3, 0, 2, 2, 1, 3], 2, math.tanh)
        self.assertAlmostEqual(gradients(model), expected, places=9)
        a = model["Value"](0.7)
        a.tanh().backward()
        self.assertAlmostEqual(a.grad, (math.tanh(0.7001) - math.tanh(0.6999)) / 0.0002, places=6)

    def test_a_prompt_begins_each_sample_as_far_as_the_block_or_is_refused_before_training(self):
        edits = recipe("prompt")
        shown = samples(self.load("mama\nam\n", *edits, num_samples=30, block_size=4)["output"])
        self.assertEqual(({text[:2] for text in shown}, len({*shown}) > 3), ({"ma"}, True))
        short = self.load("ma", *edits, num_samples=1, block_size=1)
        self.assertEqual(samples(short["output"]), ["m"])
        with self.assertRaisesRegex(KeyError, "^'m'$"):
            self.load(ABC, *edits)

    def test_a_held_out_loss_is_printed_every_hundred_steps_and_leaves_no_tape(self):
        text = "\n".join(a + b + c for a in "abcdefgh" for b in "abcdefgh" for c in "abcdefgh")
        settings = {"n_embd": 4, "block_size": 3, "num_steps": 200}
        model = self.load(text, *recipe("held_out"), **settings)
        shown = re.findall(r"held out: (\S+)", model["output"])
        self.assertEqual((len(shown), len(model["docs"]), len(model["tape"])), (2, 312, 0))
        expected = mean(model["loss_of"](doc).data for doc in model["held_out"])
        self.assertAlmostEqual(float(shown[-1]), expected, places=9)
        self.assertEqual(losses(model["output"]), losses(self.load(text, **settings)["output"]))

    def test_ctrl_c_goes_on_to_the_samples(self):
        press = ("adam(step, l", "if step == 5: raise KeyboardInterrupt\n    adam(step, l")
        model = self.load(ABC, *recipe("Interrupt"), press, num_steps=9, num_samples=2)
        self.assertEqual((len(losses(model["output"])), len(samples(model["output"]))), (5, 2))

    def test_after_a_run_it_trains_on_checks_a_gradient_and_draws_the_losses(self):
        names = self.load("emma\nanna\nmaya\nalem\n", n_embd=4, num_steps=9)
        before, pyplot = names["losses"][:], mock.MagicMock()
        type_in(names, "num_steps += 100")
        self.assertEqual((names["losses"][:9], len(names["losses"])), (before, 109))
        self.assertLess(mean(names["losses"][9:]), mean(before))
        grad, growth = map(float, type_in(names, "0.0001").split())
        self.assertAlmostEqual(growth / grad, 1.0, delta=0.01)
        with mock.patch.dict(sys.modules, {"matplotlib": mock.Mock(pyplot=pyplot)}):
            type_in(names, "matplotlib")
        self.assertEqual(pyplot.mock_calls, [mock.call.plot(names["losses"]), mock.call.show()])

class Named(TextCase):
    def test_the_map_links_each_section_to_its_line(self):
        shown = re.findall(r"(?m)^(\d)\. \[The ([\w ]+)\]\(microgpt.py#L(\d+)\)", README)
        found = [(number, re.match(r"# %% (\d)\. The ([\w ]+)", line))
                 for number, line in enumerate(SOURCE.splitlines(), 1)]
        self.assertEqual(shown, [(*title.groups(), str(n)) for n, title in found if title])

    def test_every_file_is_there_and_the_pages_are_no_longer_than_they_should_be(self):
        for target in re.findall(r"\]\((?!http|#)([^)#]+)|python (tests/\w+\.py)", README):
            self.assertTrue((ROOT / "".join(target)).exists(), target)
        lines = SOURCE.splitlines()
        self.assertIn(f"in {len(lines)} lines to be read once", README)
        sizes = [len(lines), max(map(len, lines)), lines.index("class Value:"), README.count("\n")]
        self.assertEqual([min(pair) for pair in zip(sizes, [295, 100, 63, 220])], sizes)
        imported = re.findall(r"(?m)^\s*(?:import|from) (\w+)", SOURCE)
        self.assertEqual(imported, ["math", "random", "sys", "pathlib", "statistics", "urllib"])
