"""The README: its figures are the program's, and its blocks and exercises do what they say."""

import ast
import contextlib
import io
import json
import math
import re
import statistics
import sys
import unittest
from unittest import mock

import draw_losses
import experiments
import formulas
import helpers
from helpers import NAMES, ROOT, SMALL, ProgramCase, default_run, losses, run, samples

README = (ROOT / "README.md").read_text(encoding="utf-8")

def code_blocks(text):
    return re.findall(r"(?ms)^```\w*\n(.*?)\n```$", text)

def exercise(title):
    """Return the edits, as (old, new) pairs, of the exercise whose title starts like this."""
    (answer,) = re.findall(rf"(?s)<summary><b>{title}.*?</details>", README)
    block = r"\n\n```python\n(.*?)\n```"
    return re.findall(rf"(?s)\nBefore:{block}\n\nAfter:{block}", answer)

def at_the_end(title):
    """Return the code that an exercise puts at the end of the file."""
    (answer,) = re.findall(rf"(?s)<summary><b>{title}.*?</details>", README)
    (code,) = re.findall(r"(?s)\nAt the end of the file[^\n]*:\n\n```python\n(.*?)\n```", answer)
    return code

def printed(code, names):
    """Execute code with these names and return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(code, names)
    return output.getvalue()

class Figures(unittest.TestCase):
    def test_the_output_shown_is_that_of_the_default_run(self):
        lines = default_run()["output"].splitlines()
        for line in code_blocks(README)[0].splitlines():
            shown = line.split("  <-")[0].rstrip()
            if shown and shown != "..." and not shown.startswith("$"):
                self.assertIn(shown, lines)

    def test_11_samples_are_known_and_none_of_them_was_trained_on(self):
        known = re.findall(r"(?m)^sample.*: (.*)  \(known\)$", default_run()["output"])
        self.assertEqual(len(known), 11)
        self.assertIn("Eleven", README)
        self.assertEqual(set(known) & set(default_run()["docs"][:1000]), set())

    def test_the_cost_of_an_even_guess(self):
        self.assertIn(f"log(27) = {math.log(27):.4f}", README)

    def test_the_standard_error_of_the_mean(self):
        error = statistics.stdev(default_run()["losses"][-100:]) / 10
        self.assertIn(f" {error:.2f},", README)

    def test_the_picture_is_drawn_from_the_recorded_figures(self):
        drawn = draw_losses.PICTURE.read_text(encoding="utf-8")
        self.assertEqual(drawn, draw_losses.picture())

    def test_the_curve_ends_where_the_table_says(self):
        recorded = (ROOT / "tests" / "held_out.txt").read_text(encoding="utf-8").split()
        self.assertIn(f"{float(recorded[1]):.3f}", README)
        self.assertIn(f"| nothing | `mean 2.2761` | {float(recorded[-1]):.3f} ± ", README)

    def test_the_curve_is_measured_before_training_and_after_100_steps(self):
        source = helpers.with_settings(helpers.SOURCE, num_steps=100, num_samples=0)
        untrained, after = experiments.curve(["emma"], source)
        self.assertIn(f"| mean: the loss | | {untrained:.2f} | ", README)
        self.assertLess(after, untrained)

    def test_the_number_of_names(self):
        names = (ROOT / "input.txt").read_text(encoding="utf-8").split()
        self.assertIn(f"{len(names):,}", README)
        self.assertIn(f"{len(set(names)):,}", README)

    def test_the_number_of_held_out_names(self):
        trained = set(default_run()["docs"][:1000])
        new = [name for name in default_run()["docs"][-1000:] if name not in trained]
        self.assertIn(f"{len(new)} names", README)

    def test_the_code_shown_is_in_the_file(self):
        def statements(source):
            """Return those of gpt after its docstring, as a syntax tree without comments."""
            (gpt,) = [node for node in ast.parse(source).body if getattr(node, "name", "") == "gpt"]
            return [ast.dump(statement) for statement in gpt.body[1:]]

        (shown,) = [block for block in code_blocks(README) if block.startswith("def gpt")]
        self.assertEqual(statements(shown), statements(helpers.SOURCE))

    def test_files_that_are_linked_or_run_exist(self):
        paths = re.findall(r"\]\((?!http|#)([^)]+)\)", README)
        paths += re.findall(r"python (tests/\w+\.py)", README)
        for path in paths:
            self.assertTrue((ROOT / path).exists(), path)

class Emma(ProgramCase):
    """The table of what the model makes of "emma"."""

    def guesses(self, model):
        """Return the probability of each right token of "emma"."""
        tokens = [26, 4, 12, 12, 0, 26]
        weights = helpers.floats(model)
        logits = formulas.logits(weights, tokens[:-1], n_head=4)
        return [formulas.softmax(row)[target] for row, target in zip(logits, tokens[1:])]

    def test_each_row_of_the_table(self):
        names = (ROOT / "input.txt").read_text(encoding="utf-8")
        before, after = self.guesses(self.load(names)), self.guesses(default_run())
        rows = re.findall(r"(?m)^\| \d+ \(\w+\) \| \d+ \(\w+\) \|(.*)\|$", README)
        self.assertEqual(len(rows), 5)
        for row, p, q in zip(rows, before, after):
            expected = f" {p:.3f} | {-math.log(p):.2f} | {q:.3f} | {-math.log(q):.2f} "
            self.assertEqual(row, expected)

    def test_the_losses_below_the_table(self):
        names = (ROOT / "input.txt").read_text(encoding="utf-8")
        before = self.load(names)["loss_of"]("emma").data
        after = default_run()["loss_of"]("emma").data
        self.assertIn(f"| mean: the loss | | {before:.2f} | | {after:.2f} |", README)

    def test_the_gradient(self):
        names = (ROOT / "input.txt").read_text(encoding="utf-8")
        model = self.load(names)
        before = helpers.gradients(model, "emma")
        number = model["wte"][4][0]
        self.assertIn(f"{number.grad:.4f}", README)
        number.data += 0.001
        lowered = before - model["loss_of"]("emma").data
        self.assertIn(f"about {lowered:.4f}", README)

    def test_the_first_step_moves_each_number_with_a_gradient_by_the_learning_rate(self):
        model = self.load(NAMES)
        start = [param.data for param in model["params"]]
        helpers.gradients(model, "abc")
        model["adam"](0, 0.01)
        for param, number in zip(model["params"], start):
            if abs(param.grad) > 1e-4:
                self.assertAlmostEqual(abs(param.data - number), 0.01, places=5)
                self.assertLess((param.data - number) * param.grad, 0)

    def test_the_example_of_gradients(self):
        code = next(block for block in code_blocks(README) if "loss = a * b + a" in block)
        last = printed(code, self.load(NAMES)).splitlines()[-1]
        self.assertEqual(last, "4.0 2.0")
        self.assertIn("`4.0 2.0`", README)

class Experiments(unittest.TestCase):
    def test_each_row_measured_is_in_the_table(self):
        for row in experiments.ROWS:
            for name, value in row.items():
                self.assertIn(f"| `{name} = {value}` | `", README)

    def test_a_quick_row_is_as_shown(self):
        last_words, _ = experiments.measured({"learning_rate": 1.0})
        self.assertIn(f"| `learning_rate = 1.0` | `{last_words}` |", README)

class Exercises(ProgramCase):
    def test_relu_squared_and_cosine_decay_print_the_figures_of_microgpt_go(self):
        edits = exercise("Another activation") + exercise("A cosine decay")
        done = run(script=self.copy(*edits, block_size=8, num_steps=500))
        expected = helpers.golden("golden_go_choices.txt")
        self.assertEqual(helpers.figures(done.stdout), expected)
        self.assertIn(expected[502].split()[-1], README)
        self.assertIn(f"`{samples(done.stdout)[0]}`", README)

    def test_tanh_has_the_right_number_and_slope(self):
        model = self.load(NAMES, *exercise("A new operation: tanh"), **SMALL)
        a = model["Value"](0.7)
        result = a.tanh()
        result.backward()
        self.assertEqual(result.data, math.tanh(0.7))
        self.assertAlmostEqual(a.grad, (math.tanh(0.70001) - math.tanh(0.69999)) / 0.00002)

    def test_tanh_is_the_activation(self):
        model = self.load(NAMES, *exercise("A new operation: tanh"), **SMALL)
        helpers.randomize(model)
        tokens = [3, 0, 2, 2, 1, 3]
        expected = formulas.loss(helpers.floats(model), tokens, 2, activation=math.tanh)
        self.assertAlmostEqual(model["loss_of"]("accb").data, expected, places=9)

    def check_gradient(self, *edits):
        """Return the gradient and the growth that the gradient check prints."""
        names = self.load(NAMES, *edits, num_steps=20, **SMALL)
        grad, growth = printed(at_the_end("A gradient check"), names).split()
        return float(grad), float(growth)

    def test_the_gradient_check_agrees_to_three_digits(self):
        grad, growth = self.check_gradient()
        self.assertAlmostEqual(grad / growth, 1.0, places=3)

    def test_the_gradient_check_finds_a_wrong_slope(self):
        grad, growth = self.check_gradient(("(1 / self.data,)", "(2 / self.data,)"))
        self.assertGreater(abs(grad / growth - 1.0), 0.01)

    def test_a_mini_batch_has_the_mean_loss_of_four_documents(self):
        batch = self.load(NAMES, *exercise("A mini-batch"), num_steps=1, **SMALL)
        plain = self.load(NAMES, **SMALL)
        four = [plain["loss_of"](doc).data for doc in plain["docs"]]
        self.assertAlmostEqual(batch["losses"][0], sum(four) / 4, places=12)

    def test_a_mini_batch_goes_through_all_documents(self):
        text = "\n".join("abcdefgh")
        batch = self.load(text, *exercise("A mini-batch"), num_steps=2, learning_rate=0.0)
        plain = self.load(text)
        last_four = [plain["loss_of"](doc).data for doc in plain["docs"][4:]]
        self.assertAlmostEqual(batch["losses"][1], sum(last_four) / 4, places=12)

    def test_a_prompt_starts_each_sample(self):
        model = self.load("mama\nam\n", *exercise("A prompt"), num_samples=30, block_size=4)
        drawn = samples(model["output"])
        self.assertTrue(all(text.startswith("ma") for text in drawn))
        self.assertGreater(len(set(drawn)), 3)

    def test_a_prompt_longer_than_the_block_is_cut_off(self):
        model = self.load("mama\nam\n", *exercise("A prompt"), num_samples=1, block_size=1)
        self.assertEqual(samples(model["output"]), ["m"])

    def test_held_out_documents_are_not_trained_on(self):
        text = "\n".join(2 * [a + b for a in "abcdef" for b in "abcdef"])
        names = self.load(text, *exercise("A held-out loss"), num_steps=3)
        self.assertEqual(set(names["held_out"]) & set(names["docs"]), set())
        self.assertGreaterEqual(len(names["held_out"]), 4)

    def test_the_held_out_loss_is_the_mean_over_them(self):
        names = self.load(NAMES, *exercise("A held-out loss"), num_steps=3)
        (doc,) = names["held_out"]
        shown = printed(at_the_end("A held-out loss"), names)
        self.assertEqual(shown, f"held out: {names['loss_of'](doc).data}\n")

    def test_weight_tying_leaves_3760_parameters(self):
        copy = self.copy(*exercise("Weight tying"), num_steps=0, num_samples=0)
        self.assertIn("num params: 3760\n", run(script=copy).stdout)

    def test_weight_tying_uses_wte_as_the_head(self):
        model = self.load(NAMES, *exercise("Weight tying"), **SMALL)
        helpers.randomize(model)
        weights = helpers.floats(model)
        weights[2] = weights[0]
        expected = formulas.loss(weights, [3, 0, 1, 3], 2)
        self.assertAlmostEqual(model["loss_of"]("ab").data, expected, places=9)

    def test_greedy_samples_are_all_the_same(self):
        model = self.load(NAMES, *exercise("Greedy"), num_steps=20, num_samples=9, **SMALL)
        self.assertEqual(len(set(samples(model["output"]))), 1)

    def test_greedy_takes_the_likeliest_token(self):
        model = self.load(NAMES, *exercise("Greedy"), num_samples=1, block_size=1)
        (logits,) = formulas.logits(helpers.floats(model), [3], 4)
        likeliest = logits.index(max(logits))
        self.assertEqual(samples(model["output"]), ["abc"[likeliest] if likeliest < 3 else ""])

    def test_top_k_draws_from_the_five_likeliest(self):
        text = "abcdefghij"
        model = self.load(text, *exercise("Top-k"), num_samples=300, block_size=1, temperature=9)
        (logits,) = formulas.logits(helpers.floats(model), [10], 4)
        likeliest = sorted(range(11), key=lambda token: logits[token])[-5:]
        expected = {text[token] if token < 10 else "" for token in likeliest}
        self.assertEqual(set(samples(model["output"])), expected)

    def test_documents_of_several_lines(self):
        text = "roses\nviolets\n\nsugar\nyou\n"
        names = self.load(text, *exercise("Multi-line documents"))
        self.assertEqual(sorted(names["docs"]), ["roses\nviolets", "sugar\nyou"])

    def test_more_training_lowers_the_loss(self):
        names = self.load(NAMES, num_steps=20, **SMALL)
        first = names["losses"][:]
        printed(at_the_end("More training"), names)
        self.assertEqual(len(names["losses"]), 120)
        self.assertLess(statistics.mean(names["losses"][20:]), statistics.mean(first))

    def test_what_was_saved_is_loaded(self):
        self.enter_folder()
        trained = self.load(NAMES, num_steps=20, num_samples=5)
        exec(at_the_end("Saving and loading"), trained)
        self.assertEqual(len(json.loads((self.folder / "model.json").read_text())), 3456)
        loaded = self.load(NAMES, *exercise("Saving and loading"), num_samples=5)
        self.assertEqual(samples(loaded["output"]), samples(trained["output"]))

    def test_ctrl_c_goes_on_to_the_samples(self):
        press = "    if step == 5: raise KeyboardInterrupt\n"
        press_at_step_5 = ("    loss.backward()", press + "    loss.backward()")
        edits = [*exercise("Ctrl-C"), press_at_step_5]
        model = self.load(NAMES, *edits, num_steps=9, num_samples=2)
        self.assertEqual(len(losses(model["output"])), 5)
        self.assertEqual(len(samples(model["output"])), 2)

    def test_without_ctrl_c_all_steps_run(self):
        model = self.load(NAMES, *exercise("Ctrl-C"), num_steps=9, num_samples=2)
        self.assertEqual(len(losses(model["output"])), 9)
        self.assertEqual(len(samples(model["output"])), 2)

    def test_the_losses_are_drawn(self):
        names = {"losses": [3.0, 2.0]}
        pyplot = mock.MagicMock()
        with mock.patch.dict(sys.modules, {"matplotlib": mock.Mock(pyplot=pyplot)}):
            exec(at_the_end("Plotting the losses"), names)
        expected = [mock.call.plot([3.0, 2.0]), mock.call.savefig("losses.png"), mock.call.show()]
        self.assertEqual(pyplot.mock_calls, expected)

    def test_every_exercise_is_tried_here(self):
        tried = set()
        source = (ROOT / "tests" / "test_readme.py").read_text(encoding="utf-8")
        for title in re.findall(r'(?:exercise|at_the_end)\("([^"]+)"\)', source):
            tried |= set(re.findall(rf"<summary><b>({title}[^<]*)</b>", README))
        answers = re.findall(r"<summary><b>([^<]*)</b>", README)
        self.assertEqual(sorted(tried), sorted(answers))

class OwnText(ProgramCase):
    def commands(self):
        """Return the lines that make cities.txt in a shell and in PowerShell, and the run."""
        start = README.index("## Your own text")
        both, powershell = code_blocks(README[start:])[:2]
        shell, command = both.splitlines()
        return shell, powershell, command

    def test_the_cities_are_known_by_heart(self):
        shell, _, command = self.commands()
        cities = re.search("'(.*)'", shell).group(1).replace("\\n", "\n")
        self.write("cities.txt", cities)
        script, *arguments = command.split()[1:]
        done = run(*arguments, script=ROOT / script, cwd=self.folder)
        self.assertIn(f"`{done.stdout.splitlines()[-1]}`", README)

    def test_powershell_writes_the_same_cities(self):
        shell, powershell, _ = self.commands()
        cities = re.search("'(.*)'", shell).group(1).split("\\n")[:-1]
        self.assertEqual(re.findall("'([^']+)'", powershell), cities)

if __name__ == "__main__":
    unittest.main()
