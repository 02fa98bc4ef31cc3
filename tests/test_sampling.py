"""What sample() draws, and what the program prints of it."""

import math
import random
from unittest import mock

from helpers import TextCase, floats, forward, samples, scatter, softmax

class Sampling(TextCase):
    def model(self, size=0.4):
        model = self.load("--n-embd", 4, "--n-head", 2, "--block-size", 4)
        scatter(model, seed=3, size=size)
        return model

    def chances(self, model, tokens, temperature):
        logits = forward(floats(model), tokens, 2)[-1]
        return softmax([logit / temperature for logit in logits])

    def draw(self, model, *arguments, times=1000, seed=5):
        random.seed(seed)
        return [model["sample"](*arguments) for _ in range(times)]

    def assert_frequencies(self, texts, place, chances):
        """The characters at a place are as frequent as expected: four standard deviations."""
        for token, p in enumerate(chances):
            seen = [text[place : place + 1] == "abc"[token : token + 1] for text in texts]
            error = math.sqrt(p * (1 - p) / len(texts))
            self.assertAlmostEqual(sum(seen) / len(texts), p, delta=4 * error)

    def test_frequencies_are_the_probabilities_at_the_temperature(self):
        model = self.model()
        for temperature in (0.7, 2.0, 1000.0):
            texts = self.draw(model, "", temperature)
            self.assert_frequencies(texts, 0, self.chances(model, [3], temperature))

    def test_the_default_temperature_is_a_half(self):
        model = self.model()
        default, half, one = (self.draw(model, *t, times=20) for t in ([], ["", 0.5], ["", 1.0]))
        self.assertEqual(default, half)
        self.assertNotEqual(default, one)

    def test_a_prompt_is_kept_and_taken_in(self):
        model = self.model()
        texts = self.draw(model, "cb", 1.0)
        self.assertEqual({text[:2] for text in texts}, {"cb"})
        self.assert_frequencies(texts, 2, self.chances(model, [3, 2, 1], 1.0))

    def test_a_low_temperature_gives_the_likeliest(self):
        model = self.model()
        tokens, text = [3], ""
        while len(text) < 4:
            chances = self.chances(model, tokens, 1.0)
            best = chances.index(max(chances))
            if best == 3:
                break
            tokens.append(best)
            text += "abc"[best]
        self.assertEqual(set(self.draw(model, "", 0.001, times=20)), {text})

    def test_it_ends_at_bos_or_at_the_block_size_and_shows_no_bos(self):
        texts = self.draw(self.model(size=0.0), times=300)
        self.assertEqual({len(text) for text in texts}, {0, 1, 2, 3, 4})
        self.assertLessEqual(set("".join(texts)), set("abc"))

    def test_one_number_is_drawn_for_each_token(self):
        model = self.model(size=0.0)
        with mock.patch.object(random, "choices", side_effect=[[1], [0], [3]]) as choices:
            self.assertEqual(model["sample"](), "ba")
        for call in choices.call_args_list:
            self.assertEqual(call, mock.call(range(4), weights=[0.25] * 4))

    def test_the_tape_is_left_as_it_was(self):
        model = self.model()
        kept = model["Value"](2.0) * 3
        model["sample"]()
        self.assertEqual(model["tape"], [kept])

class Printed(TextCase):
    def shown(self, *arguments, text="aab\n"):
        return samples(self.load("--num-samples", 12, *arguments, text=text)["output"])

    def test_samples_that_stand_in_the_text_are_marked(self):
        shown = self.shown("--num-steps", 12, "--temperature", 1)
        known = [text for text in shown if text.endswith("  (known)")]
        self.assertEqual((len(shown), set(known)), (12, {"aab  (known)"}))
        self.assertNotIn("aab", shown)
        self.assertTrue(0 < len(known) < 12, known)

    def test_the_prompt_and_the_temperature_are_those_of_the_knobs(self):
        self.assertEqual({text[:1] for text in self.shown("--prompt", "b")}, {"b"})
        for temperature, different in ((0.001, False), (9, True)):
            shown = self.shown("--num-steps", 30, "--temperature", temperature, text="aab\nb\n")
            self.assertEqual(len(set(shown)) > 1, different)

    def test_fewer_samples_are_the_first_of_more(self):
        few, more = (self.shown("--num-samples", n) for n in (2, 5))
        self.assertEqual(few, more[:2])
