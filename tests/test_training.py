"""Training: the loss, Adam, the steps, and the lines that are printed."""

import gc
import math
import re
import unittest

import formulas
from helpers import (
    NAMES,
    SMALL,
    ProgramCase,
    figures,
    floats,
    golden,
    gradients,
    losses,
    randomize,
    run,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"

class Loss(ProgramCase):
    def assert_formula(self, doc, tokens):
        model = self.load(NAMES, **SMALL)
        randomize(model)
        expected = formulas.loss(floats(model), tokens, 2)
        self.assertAlmostEqual(model["loss_of"](doc).data, expected, places=9)

    def test_each_character_and_the_end_are_guessed(self):
        self.assert_formula("abca", [3, 0, 1, 2, 0, 3])

    def test_the_end_is_guessed_if_it_just_fits_the_block(self):
        self.assert_formula("abcab", [3, 0, 1, 2, 0, 1, 3])

    def test_what_exceeds_the_block_is_cut_off(self):
        self.assert_formula("abcabca", [3, 0, 1, 2, 0, 1, 2])

    def test_a_blind_guess_among_27_costs_3_30(self):
        model = self.load(LETTERS)
        randomize(model, size=0.0)
        self.assertEqual(f"{model['loss_of']('xyz').data:.2f}", "3.30")

    def test_emma_is_26_4_12_12_0(self):
        model = self.load(LETTERS)
        tokens = [model["token_of"][char] for char in "emma"]
        self.assertEqual([model["BOS"], *tokens], [26, 4, 12, 12, 0])

class Steps(ProgramCase):
    def test_they_are_those_of_adam_at_a_falling_rate_on_one_document_each(self):
        trained = self.load(NAMES, num_steps=6, learning_rate=0.03, **SMALL)
        model = self.load(NAMES, **SMALL)
        numbers = [param.data for param in model["params"]]
        history = [[] for _ in numbers]
        rates = [0.03 * (1 - step / 6) for step in range(6)]
        for step in range(6):  # there are four documents, so the fifth step begins again
            loss = gradients(model, model["docs"][step % 4])
            self.assertAlmostEqual(loss, trained["losses"][step], places=12)
            for param, first, grads in zip(model["params"], numbers, history):
                grads.append(param.grad)
                param.data = formulas.adam(first, grads, rates)
        for ours, expected in zip(trained["params"], model["params"]):
            self.assertAlmostEqual(ours.data, expected.data, places=12)

    def test_beta1_and_beta2_are_settings(self):
        trained = self.load(NAMES, num_steps=2, beta1=0.5, beta2=0.6, **SMALL)
        model = self.load(NAMES, **SMALL)
        numbers = [param.data for param in model["params"]]
        history = [[] for _ in numbers]
        for step in range(2):
            gradients(model, model["docs"][step])
            for param, first, grads in zip(model["params"], numbers, history):
                grads.append(param.grad)
                param.data = formulas.adam(first, grads, [0.01, 0.005], 0.5, 0.6)
        for ours, expected in zip(trained["params"], model["params"]):
            self.assertAlmostEqual(ours.data, expected.data, places=12)

    def test_no_graph_outlives_its_step(self):
        model = self.load(NAMES, num_steps=2, num_samples=0, **SMALL)
        gc.collect()
        values = [thing for thing in gc.get_objects() if type(thing) is model["Value"]]
        self.assertEqual([value for value in values if value.inputs], [])

    def test_sixty_narrow_layers_run_for_three_steps(self):
        self.assertEqual(len(self.load(NAMES, num_steps=3, n_layer=60, n_embd=4)["losses"]), 3)

    def test_two_wide_layers_run_for_three_steps(self):
        self.assertEqual(len(self.load(NAMES, num_steps=3, n_layer=2, n_embd=64)["losses"]), 3)

    def test_a_rate_much_too_high_ends_in_an_error(self):
        done = run(self.write("text.txt", "ab\n" * 9), script=self.copy(learning_rate=50))
        self.assertRegex(done.stderr.splitlines()[-1], "^ValueError: ")
        self.assertNotIn("sample", done.stdout)

class HighRates(ProgramCase):
    """At these rates the last bit of a sum shows, as it would with the sum() of Python 3.12."""

    def setUp(self):
        super().setUp()
        if not (math.exp(0.1) == 1.1051709180756477 and math.exp(-2.3) == 0.10025884372280375):
            self.skipTest("exp() rounds differently here")

    def assert_golden(self, rate, steps):
        copy = self.copy(learning_rate=rate, num_steps=steps, num_samples=0)
        title = f"learning_rate = {rate}, num_steps = {steps}"
        expected = golden("golden_rates.txt")
        start = expected.index(title) + 1
        self.assertEqual(figures(run(script=copy).stdout)[3:], expected[start : start + steps])

    def test_200_steps_at_0_1_are_those_of_python_3_11(self):
        self.assert_golden(0.1, 200)

    def test_100_steps_at_0_2_are_those_of_python_3_11(self):
        self.assert_golden(0.2, 100)

class Printed(ProgramCase):
    def setUp(self):
        super().setUp()
        self.model = self.load(NAMES, num_steps=201, num_samples=1, n_embd=2, n_head=1)
        self.steps = re.findall(r"step [^\r\n]*[\r\n]", self.model["output"])

    def test_each_step_has_a_line(self):
        self.assertEqual(len(self.steps), 201)
        self.assertRegex(self.steps[0], r"^step    1 /  201 \| loss \d\.\d{4} \| mean \d\.\d{4}\s$")

    def test_the_loss_is_the_one_of_the_step(self):
        printed = losses(self.model["output"])
        self.assertEqual(printed, [f"{loss:.4f}" for loss in self.model["losses"]])

    def test_the_mean_is_that_of_the_last_100_losses(self):
        expected = sum(self.model["losses"][50:150]) / 100
        self.assertIn(f"| mean {expected:.4f}", self.steps[149])

    def test_each_hundredth_line_stays_and_the_others_are_written_over(self):
        staying = [i + 1 for i, line in enumerate(self.steps) if line.endswith("\n")]
        self.assertEqual(staying, [100, 200])

    def test_no_sample_is_written_over_the_last_step(self):
        self.assertRegex(self.model["output"], r"step  201 .*\r\nsample  1: ")

if __name__ == "__main__":
    unittest.main()
