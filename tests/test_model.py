"""The GPT computes what the formulas say, and so do its gradients."""

import math
import random

from helpers import TINY, TextCase, floats, forward, gradients, mean_loss, scatter, softmax


class Forward(TextCase):
    def test_logits_are_those_of_the_whole_sequence_with_a_causal_mask(self):
        sizes = [(1, 4, 1, 1), (1, 6, 3, 5), (2, 4, 2, 6), (3, 8, 2, 9), (2, 4, 4, 3), (0, 4, 4, 3)]
        for size in sizes:
            settings = dict(zip(("n_layer", "n_embd", "n_head", "block_size"), size))
            with self.subTest(**settings):
                model = self.load(**settings)
                scatter(model)
                tokens = random.Random(1).choices(range(4), k=settings["block_size"])
                expected = forward(floats(model), tokens, settings["n_head"])
                cache = [([], []) for _ in model["layers"]]
                for position, token in enumerate(tokens):
                    logits = [logit.data for logit in model["gpt"](token, position, cache)]
                    self.assertEqual(len(logits), 4)
                    for ours, theirs in zip(logits, expected[position]):
                        self.assertAlmostEqual(ours, theirs, places=9)

    def test_documents_and_parameters_are_drawn_in_the_order_of_the_reference(self):
        model = self.load(**TINY, seed=7)
        random.seed(7)
        docs = ["abc", "ba", "cab", "accb"]
        random.shuffle(docs)
        self.assertEqual(model["docs"], docs)
        shapes = [(4, 4), (6, 4), (4, 4)] + 2 * ([(4, 4)] * 4 + [(16, 4), (4, 16)])
        drawn = [[[random.gauss(0, 0.08) for _ in range(c)] for _ in range(r)] for r, c in shapes]
        self.assertEqual(floats(model), drawn)

class Gradients(TextCase):
    def test_every_gradient_is_the_central_difference_of_the_independent_forward_pass(self):
        h = 1e-5
        model = self.load("accb\n", **TINY)
        scatter(model)
        loss = gradients(model)  # at a rate of 0, only the gradients change
        weights, tokens = floats(model), [3, 0, 2, 2, 1, 3]
        self.assertAlmostEqual(loss, mean_loss(weights, tokens, 2), places=9)
        slots = [(row, i) for matrix in weights for row in matrix for i in range(len(row))]
        self.assertEqual(len(slots), len(model["params"]))
        for param, (row, i) in zip(model["params"], slots):
            number, costs = row[i], []
            for shift in (-h, h):
                row[i] = number + shift
                costs.append(mean_loss(weights, tokens, 2))
            row[i] = number
            self.assertAlmostEqual(param.grad, (costs[1] - costs[0]) / (2 * h), delta=1e-6)

    def test_a_neuron_is_one_value(self):
        model = self.load("abc\n", block_size=3)
        gradients(model)
        dots = [value for value in model["tape"] if len(value.inputs) > 2]
        # for token t: 3 norms, 4 x 16 + 64 + 16 + 4 neurons, t scores and 4 sums in each of 4 heads
        # (but the sums of the first token have only two inputs, a weight of 1 and a number)
        self.assertEqual(len(dots), sum(3 + 148 + 4 * (t + 4) for t in (1, 2, 3)) - 16)

class Blocks(TextCase):
    def call(self, name, numbers):
        """Call a building block with plain numbers; return plain numbers."""
        model = self.load(**TINY)
        return [value.data for value in model[name]([model["Value"](x) for x in numbers])]

    def test_rmsnorm_gives_a_root_mean_square_of_1_with_an_epsilon_under_the_root(self):
        for numbers in ([3.0, -4.0], [1e6, 1.0, 2.0], [-0.5, 0.25, 1.0, 7.0]):
            out = self.call("rmsnorm", numbers)
            self.assertAlmostEqual(math.sqrt(sum(x * x for x in out) / len(out)), 1.0, places=4)
            self.assertAlmostEqual(out[0] / out[1], numbers[0] / numbers[1], places=9)
        self.assertEqual(self.call("rmsnorm", [0.0, 0.0]), [0.0, 0.0])
        self.assertAlmostEqual(self.call("rmsnorm", [0.001])[0], 0.001 / math.sqrt(1.1e-5))

    def test_softmax_gives_probabilities_that_no_shift_changes_and_that_never_overflow(self):
        numbers = [0.3, -1.2, 2.0, 0.0]
        for shift in (0.0, -700.0, 700.0, 1e8):
            out = self.call("softmax", [number + shift for number in numbers])
            self.assertAlmostEqual(sum(out), 1.0, places=12)
            for p, q in zip(out, softmax(numbers)):
                self.assertAlmostEqual(p, q, places=6 if shift == 1e8 else 12)
        self.assertEqual(self.call("softmax", [0.0, 5000.0]), [0.0, 1.0])
        self.assertAlmostEqual(self.call("softmax", [0.0, 1.0])[1], 2.718281828 / 3.718281828)
