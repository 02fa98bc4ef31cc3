"""What sample() draws, and what the program prints of it."""

import math
import random

from helpers import TextCase, floats, forward, load, samples, softmax
from test_model import scatter


class Sampling(TextCase):
    def model(self, *arguments, size=0.4):
        model = self.load("--n-embd", 4, "--n-head", 2, "--block-size", 4, *arguments)
        scatter(model, seed=3, size=size)
        return model

    def chances(self, model, tokens, temperature):
        logits = forward(floats(model), tokens, 2)[-1]
        return softmax([logit / temperature for logit in logits])

    def assert_frequencies(self, texts, place, chances):
        """The characters at a place are as frequent as expected: four standard deviations."""
        for token, chance in enumerate(chances):
            seen = sum(text[place : place + 1] == "abc"[token : token + 1] for text in texts) / len(
                texts
            )
            self.assertAlmostEqual(
                seen, chance, delta=4 * math.sqrt(chance * (1 - chance) / len(texts))
            )

    def test_frequencies_are_the_probabilities_at_the_temperature(self):
        model = self.model()
        for temperature in (0.7, 2.0):
            random.seed(5)
            texts = [model["sample"]("", temperature) for _ in range(1500)]
            self.assert_frequencies(texts, 0, self.chances(model, [3], temperature))

    def test_the_default_temperature_is_a_half(self):
        model = self.model()
        random.seed(5)
        one = [model["sample"]() for _ in range(20)]
        random.seed(5)
        two = [model["sample"]("", 0.5) for _ in range(20)]
        random.seed(5)
        three = [model["sample"]("", 1.0) for _ in range(20)]
        self.assertEqual(one, two)
        self.assertNotEqual(one, three)

    def test_a_prompt_is_kept_and_taken_in(self):
        model = self.model()
        random.seed(5)
        texts = [model["sample"]("cb", 1.0) for _ in range(1500)]
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
        self.assertEqual({model["sample"]("", 0.001) for _ in range(20)}, {text})

    def test_a_high_temperature_approaches_even_chances(self):
        model = self.model()
        random.seed(5)
        texts = [model["sample"]("", 1000.0) for _ in range(1500)]
        self.assert_frequencies(texts, 0, [0.25] * 4)

    def test_it_stops_at_bos_and_at_the_block_size(self):
        model = self.model(size=0.0)
        random.seed(5)
        lengths = {len(model["sample"]()) for _ in range(300)}
        self.assertEqual(lengths, {0, 1, 2, 3, 4})
        self.assertTrue(all(set(model["sample"]()) <= set("abc") for _ in range(50)))

    def test_the_same_seed_gives_the_same_texts(self):
        model = self.model()
        runs = []
        for seed in (8, 8, 9):
            random.seed(seed)
            runs.append([model["sample"]("", 1.0) for _ in range(10)])
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])

    def test_a_prompt_that_cannot_be_is_refused(self):
        model = self.model()
        for prompt, words in (
            ("axyz", "'x', 'y', 'z'"),
            ("abca", "4 characters"),
            ("abcab", "5 characters"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                model["sample"](prompt)
        self.assertEqual(model["sample"]("abc")[:3], "abc")

    def test_a_temperature_that_cannot_be_is_refused(self):
        for number in (0, -1.0, math.nan):
            with self.assertRaisesRegex(ValueError, "^the temperature must be above 0, not "):
                self.model()["sample"]("", number)

    def test_weights_gone_astray_are_an_error_in_words(self):
        model = self.model()
        for param in model["params"]:
            param.data = math.nan
        with self.assertRaisesRegex(ValueError, "learning-rate"):
            model["sample"]()

    def test_an_error_leaves_the_tape_as_it_was(self):
        model = self.model()
        before = model["tape"].new
        model["wte"][model["BOS"]][0].data = "no number"
        with self.assertRaises(TypeError):
            model["sample"]()
        self.assertIs(model["tape"].new, before)


class Printed(TextCase):
    def test_samples_that_stand_in_the_text_are_marked_and_counted(self):
        output = load(
            self.write("aab\n"), "--num-steps", 12, "--num-samples", 12, "--temperature", 1
        )["output"]
        shown = samples(output)
        self.assertEqual(len(shown), 12)
        known = [text for text in shown if text.endswith("  (known)")]
        self.assertEqual(set(known), {"aab  (known)"})
        self.assertNotIn("aab", shown)
        self.assertTrue(0 < len(known) < 12, known)
        last = output.splitlines()[-1]
        self.assertEqual(
            last, f"{12 - len(known)} of 12 samples are new, the others stand in text.txt"
        )

    def test_where_all_are_new_there_are_no_others(self):
        output = load(self.write("q" * 16), "--num-steps", 0, "--num-samples", 3)["output"]
        self.assertEqual(output.splitlines()[-1], "3 of 3 samples are new")

    def test_every_sample_begins_with_the_prompt(self):
        output = self.load("--num-samples", 5, "--prompt", "ca")["output"]
        self.assertEqual([text[:2] for text in samples(output)], ["ca"] * 5)

    def test_the_temperature_of_the_command_line_is_that_of_the_samples(self):
        cold = self.load("--num-steps", 30, "--num-samples", 6, "--temperature", 0.001)
        self.assertEqual(len(set(samples(cold["output"]))), 1)
        hot = self.load("--num-steps", 30, "--num-samples", 6, "--temperature", 9)
        self.assertGreater(len(set(samples(hot["output"]))), 1)
