"""The model is the one that helpers.forward computes another way, and its gradients are right."""

import math
import random

from helpers import TextCase, floats, forward, mean_loss, softmax

TINY = ["--n-embd", 4, "--n-head", 2, "--n-layer", 2, "--block-size", 6]


def scatter(model, seed=1, size=0.5):
    """Give the weights numbers large enough for every part of the model to matter."""
    rng = random.Random(seed)
    for param in model["params"]:
        param.data = rng.gauss(0, size)


def logits_of(model, tokens):
    """Return the model's logits at each position of a document, as Values."""
    weights, cache = model["start_document"]()
    return [model["gpt"](token, place, weights, cache) for place, token in enumerate(tokens)]


def loss_of(model, tokens):
    logits = logits_of(model, tokens[:-1])
    costs = [model["cross_entropy"](scores, target) for scores, target in zip(logits, tokens[1:])]
    return sum(costs) / len(costs)


class Forward(TextCase):
    def test_logits_are_those_of_the_whole_sequence_with_a_causal_mask(self):
        for n_layer, n_embd, n_head, length in [
            (1, 4, 1, 1),
            (1, 6, 3, 5),
            (2, 4, 2, 6),
            (3, 8, 2, 9),
            (2, 4, 4, 3),
        ]:
            for activation in ("relu", "relu2"):
                with self.subTest(
                    n_layer=n_layer, n_embd=n_embd, n_head=n_head, activation=activation
                ):
                    model = self.load(
                        "--n-layer", n_layer, "--n-embd", n_embd, "--n-head", n_head,
                        "--block-size", length, "--activation", activation,
                    )  # fmt: skip
                    scatter(model)
                    tokens = [random.Random(length).randrange(4) for _ in range(length)]
                    ours = logits_of(model, tokens)
                    theirs = forward(floats(model), tokens, n_head, activation == "relu2")
                    for row, expected in zip(ours, theirs):
                        for value, number in zip(row, expected):
                            self.assertAlmostEqual(value.data, number, places=9)

    def test_a_later_token_never_changes_an_earlier_logit(self):
        model = self.load(*TINY)
        scatter(model)
        one, two = (
            [v.data for row in logits_of(model, [3, 0, 1, last])[:3] for v in row]
            for last in (0, 2)
        )
        self.assertEqual(one, two)

    def test_an_earlier_token_changes_a_later_logit(self):
        model = self.load(*TINY)
        scatter(model)
        one, two = (logits_of(model, [3, first, 1])[2][0].data for first in (0, 2))
        self.assertNotAlmostEqual(one, two)

    def test_all_zero_weights_cost_exactly_the_log_of_the_vocabulary(self):
        model = self.load(*TINY)
        for param in model["params"]:
            param.data = 0.0
        self.assertEqual(model["vocab_size"], 4)
        self.assertEqual(loss_of(model, [3, 0, 1, 2, 3]).data, math.log(4))

    def test_the_parameters_are_drawn_in_the_order_of_the_reference(self):
        model = self.load(*TINY, "--seed", 7)
        random.seed(7)
        docs = ["abc", "ba", "cab", "accb"]
        random.shuffle(docs)
        shapes = [(4, 4), (6, 4), (4, 4)] + 2 * ([(4, 4)] * 4 + [(16, 4), (4, 16)])
        numbers = [[[random.gauss(0, 0.08) for _ in range(c)] for _ in range(r)] for r, c in shapes]
        outside, layers = floats(model)
        names = ["wq", "wk", "wv", "wo", "fc1", "fc2"]
        ours = [outside[name] for name in ("wte", "wpe", "lm_head")] + [
            layer[n] for layer in layers for n in names
        ]
        self.assertEqual(ours, numbers)
        self.assertEqual(
            [p.data for p in model["params"]], [x for m in numbers for row in m for x in row]
        )
        self.assertEqual(model["docs"], docs)

    def test_a_document_is_read_with_the_weights_of_now(self):
        model = self.load(*TINY)
        scatter(model, seed=1)
        before = logits_of(model, [3])[0][0].data
        scatter(model, seed=2)
        after = logits_of(model, [3])[0][0].data
        self.assertNotEqual(before, after)
        self.assertAlmostEqual(after, forward(floats(model), [3], 2)[0][0], places=9)


class Gradients(TextCase):
    def test_every_gradient_is_the_central_difference_of_the_independent_forward_pass(self):
        tokens, h = [3, 0, 2, 2, 1, 3], 1e-5
        for activation in ("relu", "relu2"):
            model = self.load(*TINY, "--activation", activation)
            scatter(model)
            loss = loss_of(model, tokens)
            outside, layers = weights = floats(model)
            square = activation == "relu2"
            self.assertAlmostEqual(loss.data, mean_loss(weights, tokens, 2, square), places=9)
            loss.backward()
            matrices = [outside[name] for name in ("wte", "wpe", "lm_head")]
            matrices += [
                layer[name] for layer in layers for name in ("wq", "wk", "wv", "wo", "fc1", "fc2")
            ]
            slots = [(row, i) for matrix in matrices for row in matrix for i in range(len(row))]
            self.assertEqual(len(slots), len(model["params"]))
            for param, (row, i) in zip(model["params"], slots):
                number = row[i]
                row[i] = number + h
                above = mean_loss(weights, tokens, 2, square)
                row[i] = number - h
                below = mean_loss(weights, tokens, 2, square)
                row[i] = number
                self.assertAlmostEqual(param.grad, (above - below) / (2 * h), delta=1e-6)


class Blocks(TextCase):
    def setUp(self):
        super().setUp()
        self.model = self.load(*TINY)

    def vector(self, numbers):
        return self.model["Vector"]([self.model["Value"](number) for number in numbers])

    def test_rmsnorm_of_anything_has_a_root_mean_square_of_1(self):
        for numbers in ([3.0, -4.0], [1e6, 1.0, 2.0], [-0.5, 0.25, 0.125, 1.0, 7.0]):
            out = self.model["rmsnorm"](self.vector(numbers)).data
            self.assertAlmostEqual(math.sqrt(sum(x * x for x in out) / len(out)), 1.0, places=4)
            self.assertAlmostEqual(out[0] / out[1], numbers[0] / numbers[1], places=9)

    def test_rmsnorm_has_its_epsilon_under_the_root(self):
        self.assertEqual(self.model["rmsnorm"](self.vector([0.0, 0.0])).data, [0.0, 0.0])
        out = self.model["rmsnorm"](self.vector([0.001])).data
        self.assertAlmostEqual(out[0], 0.001 / math.sqrt(1e-6 + 1e-5), places=12)

    def test_softmax_ignores_a_shift_and_sums_to_1(self):
        numbers = [0.3, -1.2, 2.0, 0.0]
        for shift in (0.0, -700.0, 700.0, 1e8):
            out = self.model["softmax"](self.vector([number + shift for number in numbers])).data
            self.assertAlmostEqual(sum(out), 1.0, places=12)
            for p, q in zip(out, softmax(numbers)):
                self.assertAlmostEqual(p, q, places=6 if shift == 1e8 else 12)

    def test_softmax_divides_by_the_temperature(self):
        for temperature in (0.5, 1.0, 2.0, 30.0):
            out = self.model["softmax"](self.vector([0.3, -1.2, 2.0]), temperature).data
            for p, q in zip(out, softmax([x / temperature for x in (0.3, -1.2, 2.0)])):
                self.assertAlmostEqual(p, q, places=12)

    def test_each_slope_of_softmax_and_logsumexp_is_the_central_difference(self):
        numbers, temperature, h = [0.3, -1.2, 2.0], 1.7, 1e-6

        def shifted(i, step):
            return [(x + step * (i == j)) / temperature for j, x in enumerate(numbers)]

        for out in range(3):
            x = self.vector(numbers)
            self.model["softmax"](x, temperature)[out].backward()
            for i in range(3):
                slope = (softmax(shifted(i, h))[out] - softmax(shifted(i, -h))[out]) / (2 * h)
                self.assertAlmostEqual(x[i].grad, slope, places=8)
        x = self.vector(numbers)
        result = self.model["logsumexp"](x, temperature)
        result.backward()
        self.assertAlmostEqual(
            result.data, math.log(sum(math.exp(z / temperature) for z in numbers)), places=12
        )
        for i in range(3):
            self.assertAlmostEqual(x[i].grad, softmax(shifted(i, 0.0))[i] / temperature, places=12)

    def test_the_loss_of_an_impossible_token_is_large_and_not_an_error(self):
        loss = self.model["cross_entropy"](self.vector([0.0, 5000.0]), 0)
        self.assertEqual(loss.data, 5000.0)

    def test_linear_is_one_dot_product_for_each_row(self):
        rows = [self.vector([1.0, 2.0]), self.vector([3.0, 4.0]), self.vector([5.0, 6.0])]
        self.assertEqual(
            self.model["linear"](self.vector([10.0, 1.0]), rows).data, [12.0, 34.0, 56.0]
        )

    def test_the_first_attention_weight_is_1(self):
        scatter(self.model)
        weights, cache = self.model["start_document"]()
        x = self.vector([0.3, -0.1, 0.7, 0.2])
        layer = weights[1]
        out = self.model["attention"](x, layer, cache[0]).data
        value = self.model["linear"](x, layer["wv"])
        for a, b in zip(out, self.model["linear"](value, layer["wo"]).data):  # all of its own value
            self.assertAlmostEqual(a, b, places=12)

    def test_the_cache_holds_a_key_and_a_value_of_each_head_for_each_token(self):
        weights, cache = self.model["start_document"]()
        for place in range(3):
            self.model["gpt"](0, place, weights, cache)
        self.assertEqual(len(cache), 2)
        for layer in cache:
            self.assertEqual(len(layer), 2)
            for keys, values in layer:
                self.assertEqual([len(x) for x in keys + values], [2] * 6)
