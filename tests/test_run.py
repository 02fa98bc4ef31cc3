"""A run: the reference's figures, Adam and its steps, what is printed, and the samples."""

import math
import random
import re
from statistics import mean
from unittest import mock

import helpers
from helpers import SOURCE, TINY, TextCase, floats, gradients, losses, run, samples, scatter


def adam(param, grads, rates, beta1=0.85, beta2=0.99, eps=1e-8):
    """Return a parameter after its updates: algorithm 1 of Kingma and Ba (2015), to the letter."""
    m = v = 0.0
    for t, (g, rate) in enumerate(zip(grads, rates), 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        param -= rate * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
    return param

class Golden(TextCase):
    def test_the_default_run_prints_the_figures_of_the_reference(self):
        done, expected = helpers.default_run(), helpers.golden("golden.txt")
        self.assertEqual((done.returncode, done.stderr, len(expected)), (0, "", 3 + 1000 + 20))
        self.assertEqual(helpers.figures(done.stdout), expected)

    def test_high_learning_rates_print_the_same_on_every_python(self):
        """As of Python 3.12, sum() rounds floats in another way; at these rates it would show."""
        shown = []
        for rate, steps in ((0.1, 200), (0.2, 100)):
            copy = self.copy(learning_rate=rate, num_steps=steps, num_samples=0)
            shown += [f"learning_rate = {rate}, num_steps = {steps}"]
            shown += helpers.figures(run(script=copy).stdout)[3:]
        self.assertEqual((len(shown), shown), (302, helpers.golden("golden_rates.txt")))

class Training(TextCase):
    def test_a_run_is_gradients_adam_and_decay_on_one_document_a_step(self):
        done = self.load(**TINY, num_steps=5, learning_rate=0.03)
        model, shown = self.load(**TINY), []
        params, rates = model["params"], [0.03 * decay for decay in (1.0, 0.8, 0.6, 0.4, 0.2)]
        start, grads = [param.data for param in params], [[] for _ in params]
        for step in range(5):  # four documents: the fifth step begins again
            shown.append(f"{gradients(model, step):.4f}")
            for param, first, past in zip(params, start, grads):
                past.append(param.grad)
                param.data = adam(first, past, rates)
        self.assertEqual([loss for loss, _ in losses(done["output"])], shown)
        for ours, theirs in zip(done["params"], params):
            self.assertAlmostEqual(ours.data, theirs.data, places=12)

    def test_a_step_beyond_the_decay_is_refused(self):
        with self.assertRaisesRegex(AssertionError, "^to train for more steps, raise num_steps$"):
            self.load(**TINY, num_steps=2)["train_step"](2)

    def test_each_character_and_the_end_are_guessed_as_far_as_they_fit_the_block(self):
        for doc in ("abca", "abcab", "abcabc"):
            model = self.load(doc, n_embd=4, n_head=2, block_size=5)
            scatter(model)
            tokens = [3, *map("abc".index, doc), 3]
            expected = helpers.mean_loss(floats(model), tokens[: 5 + 1], 2)
            self.assertAlmostEqual(gradients(model), expected, places=9, msg=doc)

    def test_an_even_guess_and_emma_are_what_the_comments_say(self):
        model = self.load("abcdefghijklmnopqrstuvwxyz", n_embd=4)
        scatter(model, size=0.0)
        cost = model["loss_of"]("xyz").data
        self.assertIn(f"-log(1/27) = {cost:.2f} if all 27 tokens got the same", SOURCE)
        emma = " ".join(str(model["token_of"].get(char, model["BOS"])) for char in ".emma.")
        self.assertEqual(SOURCE.count(emma), 2)

    def test_a_rate_so_high_that_a_probability_becomes_0_ends_in_an_error(self):
        done = run(self.write("ab\n" * 9), script=self.copy(learning_rate=50))
        self.assertRegex(done.stderr, r"\nValueError: .*\n$")
        self.assertNotRegex(done.stdout, "nan|sample")

    def test_sixty_narrow_layers_and_two_wide_ones_train(self):
        for size in ({"n_layer": 60, "n_embd": 4}, {"n_layer": 2, "n_embd": 64}):
            self.assertEqual(len(self.load(**size, num_steps=3)["losses"]), 3)

    def test_a_step_has_its_loss_and_a_mean_and_each_hundredth_line_and_the_last_stay(self):
        model = self.load(num_steps=201, num_samples=1, n_embd=2, n_head=1, block_size=2)
        head, *parts, sample = re.split("(?=step )|(?<=\n)(?=sample)", model["output"])
        self.assertEqual(head, "num docs: 4\nvocab size: 4\nnum params: 68\n")
        self.assertEqual((len(parts), len(model["losses"])), (201, 201))
        for i, part in enumerate(parts):
            recent = mean(model["losses"][max(0, i - 99) : i + 1])
            line = f"step {i + 1:4d} /  201 | loss {model['losses'][i]:.4f} | mean {recent:.4f}\r"
            self.assertEqual(part, line + "\n" * (i in (99, 199, 200)))
        self.assertRegex(sample, r"^sample  1: [abc]*(  \(known\))?\n$")

class Sampling(TextCase):
    def setUp(self):
        super().setUp()
        self.model = self.load(n_embd=4, n_head=2, block_size=4)
        scatter(self.model, seed=3, size=0.4)

    def draw(self, temperature, times=1000):
        """Draw samples at a temperature, which sample() reads when it is called."""
        self.model["temperature"] = temperature
        random.seed(5)
        return [self.model["sample"]() for _ in range(times)]

    def assert_frequencies(self, texts, tokens, temperature):
        """The characters that come next are as frequent as expected: four standard deviations."""
        logits = helpers.forward(floats(self.model), tokens, 2)[-1]
        for char, p in zip(["a", "b", "c", ""], helpers.softmax([x / temperature for x in logits])):
            seen = [text[len(tokens) - 1 : len(tokens)] == char for text in texts]
            self.assertAlmostEqual(mean(seen), p, delta=4 * math.sqrt(p * (1 - p) / len(texts)))

    def test_frequencies_are_the_probabilities_at_the_temperature(self):
        for temperature in (0.001, 0.7, 2.0, 1000.0):
            self.assert_frequencies(self.draw(temperature), [3], temperature)

    def test_a_drawn_token_is_fed_back_in(self):
        drawn = self.draw(1.0, times=4000)
        self.assert_frequencies([text for text in drawn if text[:1] == "b"], [3, 1], 1.0)

    def test_it_ends_at_bos_or_at_the_block_size_and_draws_one_number_for_each_token(self):
        scatter(self.model, size=0.0)
        texts = self.draw(0.5, times=300)
        self.assertEqual(({*map(len, texts)}, {*"".join(texts)}), ({0, 1, 2, 3, 4}, {*"abc"}))
        with mock.patch.object(random, "choices", side_effect=[[1], [0], [3]]) as choices:
            self.assertEqual(self.model["sample"](), "ba")
        self.assertEqual(choices.call_args_list, [mock.call(range(4), weights=[0.25] * 4)] * 3)

    def test_samples_that_stand_in_the_text_are_marked(self):
        shown = samples(self.load("aab", num_steps=12, num_samples=12, temperature=1)["output"])
        known = {text for text in shown if "known" in text}
        self.assertEqual((len(shown), known, "aab" in shown), (12, {"aab  (known)"}, False))
        self.assertGreater({*shown}, known)
