"""Sampling: temperature, drawing token by token, where a sample ends, and (known)."""

import math
import random
import unittest
from unittest import mock

import formulas
from helpers import NAMES, ProgramCase, floats, randomize, run, samples


class Drawing(ProgramCase):
    def setUp(self):
        super().setUp()
        self.model = self.load(NAMES, n_embd=4, n_head=2, block_size=4)
        randomize(self.model)

    def draw(self, temperature, times=2000):
        self.model["temperature"] = temperature
        random.seed(5)
        return [self.model["sample"]() for _ in range(times)]

    def probability(self, char, tokens, temperature):
        """Return by the formulas how probable a character is after these tokens."""
        scores = formulas.logits(floats(self.model), tokens, 2)[-1]
        return formulas.softmax([score / temperature for score in scores])["abc".index(char)]

    def assert_share(self, count, total, probability):
        """A count is within four standard deviations of the expected one."""
        error = math.sqrt(probability * (1 - probability) / total)
        self.assertAlmostEqual(count / total, probability, delta=4 * error)

    def assert_first_characters(self, temperature):
        """Each character begins as many samples as its probability says."""
        drawn = self.draw(temperature)
        for char in "abc":
            count = sum(text.startswith(char) for text in drawn)
            self.assert_share(count, len(drawn), self.probability(char, [3], temperature))

    def test_at_a_temperature_of_1_frequencies_are_the_probabilities_of_the_model(self):
        self.assert_first_characters(1.0)

    def test_a_low_temperature_divides_the_logits(self):
        self.assert_first_characters(0.5)

    def test_a_high_temperature_divides_the_logits(self):
        self.assert_first_characters(3.0)

    def test_a_very_low_temperature_always_draws_the_likeliest(self):
        self.assertEqual(len(set(self.draw(0.001, times=50))), 1)

    def test_a_drawn_token_is_fed_back_in(self):
        after_b = [text for text in self.draw(1.0, times=4000) if text.startswith("b")]
        count = sum(text.startswith("bc") for text in after_b)
        self.assert_share(count, len(after_b), self.probability("c", [3, 1], 1.0))

    def test_it_draws_by_random_choices_from_all_tokens(self):
        randomize(self.model, size=0.0)
        with mock.patch.object(random, "choices", return_value=[3]) as choices:
            self.model["sample"]()
        choices.assert_called_once_with(range(4), weights=[0.25] * 4)

    def test_it_ends_at_bos(self):
        with mock.patch.object(random, "choices", side_effect=[[1], [0], [3]]):
            self.assertEqual(self.model["sample"](), "ba")

    def test_it_ends_at_the_block_size(self):
        with mock.patch.object(random, "choices", return_value=[2]):
            self.assertEqual(self.model["sample"](), "cccc")

class Known(ProgramCase):
    def printed(self, *tokens):
        """Run on the text "ab", draw these tokens for a sample, and return what it prints."""
        with mock.patch.object(random, "choices", side_effect=[[token] for token in tokens]):
            (sample,) = samples(self.load("ab", num_samples=1)["output"])
        return sample

    def test_a_sample_that_is_a_document_is_marked(self):
        self.assertEqual(self.printed(0, 1, 2), "ab  (known)")

    def test_another_sample_is_not_marked(self):
        self.assertEqual(self.printed(1, 0, 2), "ba")

class Temperature(ProgramCase):
    def test_a_temperature_of_0_is_pythons_error_at_the_first_sample(self):
        copy = self.copy(num_steps=1, temperature=0)
        done = run(self.write("text.txt", NAMES), script=copy)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.splitlines()[-1], "^ZeroDivisionError")
        self.assertEqual(samples(done.stdout), [])

if __name__ == "__main__":
    unittest.main()
