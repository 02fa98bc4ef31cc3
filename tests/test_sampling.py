"""What sample() draws, and what the program prints of it."""

import math
import random
from unittest import mock

from helpers import TextCase, floats, forward, samples, scatter, softmax


class Sampling(TextCase):
    def setUp(self):
        super().setUp()
        self.model = self.load(n_embd=4, n_head=2, block_size=4)
        scatter(self.model, seed=3, size=0.4)

    def chances(self, tokens, temperature=1.0):
        logits = forward(floats(self.model), tokens, 2)[-1]
        return softmax([logit / temperature for logit in logits])

    def draw(self, temperature, times=1000):
        """Draw samples at a temperature, which sample() reads when it is called."""
        self.model["temperature"] = temperature
        random.seed(5)
        return [self.model["sample"]() for _ in range(times)]

    def assert_frequencies(self, texts, place, chances):
        """The characters at a place are as frequent as expected: four standard deviations."""
        for token, p in enumerate(chances):
            seen = [text[place : place + 1] == "abc"[token : token + 1] for text in texts]
            error = math.sqrt(p * (1 - p) / len(texts))
            self.assertAlmostEqual(sum(seen) / len(texts), p, delta=4 * error)

    def test_frequencies_are_the_probabilities_at_the_temperature(self):
        for temperature in (0.001, 0.7, 2.0, 1000.0):
            self.assert_frequencies(self.draw(temperature), 0, self.chances([3], temperature))

    def test_a_drawn_token_is_fed_back_in(self):
        texts = [text for text in self.draw(1.0, times=4000) if text[:1] == "b"]
        self.assert_frequencies(texts, 1, self.chances([3, 1]))

    def test_it_ends_at_bos_or_at_the_block_size_and_shows_no_bos(self):
        scatter(self.model, size=0.0)
        texts = self.draw(0.5, times=300)
        self.assertEqual({len(text) for text in texts}, {0, 1, 2, 3, 4})
        self.assertLessEqual(set("".join(texts)), set("abc"))

    def test_one_number_is_drawn_for_each_token(self):
        scatter(self.model, size=0.0)
        with mock.patch.object(random, "choices", side_effect=[[1], [0], [3]]) as choices:
            self.assertEqual(self.model["sample"](), "ba")
        self.assertEqual(choices.call_args_list, [mock.call(range(4), weights=[0.25] * 4)] * 3)

class Printed(TextCase):
    def shown(self, text="aab", **settings):
        return samples(self.load(text, **{"num_samples": 12, **settings})["output"])

    def test_samples_that_stand_in_the_text_are_marked(self):
        shown = self.shown("aab", num_steps=12, temperature=1)
        known = [text for text in shown if text.endswith("  (known)")]
        self.assertEqual((len(shown), set(known)), (12, {"aab  (known)"}))
        self.assertNotIn("aab", shown)
        self.assertTrue(0 < len(known) < 12, known)

    def test_the_temperature_is_the_one_that_is_set(self):
        for temperature, different in ((0.001, False), (9, True)):
            shown = self.shown("aab\nb\n", num_steps=30, temperature=temperature)
            self.assertEqual(len(set(shown)) > 1, different)
