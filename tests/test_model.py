"""The GPT: its parameters, building blocks, logits and gradients, held against the formulas."""

import math
import random
import unittest

import formulas
from helpers import NAMES, SMALL, ProgramCase, floats, gradients, randomize


class Parameters(ProgramCase):
    def test_they_are_drawn_in_the_order_of_the_reference(self):
        model = self.load(NAMES, **SMALL, seed=7)
        rng = random.Random(7)
        rng.shuffle(NAMES.split())
        shapes = [(4, 4), (6, 4), (4, 4)]
        for _ in range(2):
            shapes += [(4, 4), (4, 4), (4, 4), (4, 4), (16, 4), (4, 16)]
        expected = [[[rng.gauss(0, 0.08) for _ in range(n)] for _ in range(m)] for m, n in shapes]
        self.assertEqual(floats(model), expected)

    def test_params_holds_all_of_them(self):
        model = self.load(NAMES, **SMALL)
        numbers = [number for matrix in floats(model) for row in matrix for number in row]
        self.assertEqual([param.data for param in model["params"]], numbers)

class BuildingBlocks(ProgramCase):
    def setUp(self):
        super().setUp()
        self.model = self.load()

    def call(self, name, *lists):
        """Call a function of the program with plain numbers and return plain numbers."""
        Value = self.model["Value"]
        arguments = [[Value(number) for number in numbers] for numbers in lists]
        return [value.data for value in self.model[name](*arguments)]

    def test_linear_is_a_dot_product_with_each_row(self):
        Value = self.model["Value"]
        rows = [[Value(1.0), Value(2.0)], [Value(0.0), Value(-1.0)], [Value(3.0), Value(3.0)]]
        outputs = self.model["linear"]([Value(5.0), Value(7.0)], rows)
        self.assertEqual([output.data for output in outputs], [19.0, -7.0, 36.0])

    def test_add_adds_number_by_number(self):
        self.assertEqual(self.call("add", [1.0, 2.0], [10.0, 20.0]), [11.0, 22.0])

    def test_rmsnorm_gives_a_root_mean_square_of_1(self):
        numbers = self.call("rmsnorm", [-0.5, 0.25, 1.0, 7.0])
        mean_square = sum(number * number for number in numbers) / len(numbers)
        self.assertAlmostEqual(mean_square, 1.0, places=5)

    def test_rmsnorm_has_its_epsilon_under_the_root(self):
        self.assertAlmostEqual(self.call("rmsnorm", [0.001])[0], 0.001 / math.sqrt(1.1e-5))

    def test_rmsnorm_of_zeros_is_zeros(self):
        self.assertEqual(self.call("rmsnorm", [0.0, 0.0]), [0.0, 0.0])

    def test_softmax_gives_the_probabilities_of_the_formula(self):
        scores = [0.3, -1.2, 2.0, 0.0]
        for probability, expected in zip(self.call("softmax", scores), formulas.softmax(scores)):
            self.assertAlmostEqual(probability, expected, places=12)

    def test_softmax_never_overflows(self):
        self.assertEqual(self.call("softmax", [0.0, 5000.0]), [0.0, 1.0])

class AttentionAndMlp(ProgramCase):
    """One layer with two heads of two numbers, on three tokens."""

    def setUp(self):
        super().setUp()
        self.model = self.load(NAMES, n_embd=4, n_head=2)
        randomize(self.model)
        rng = random.Random(2)
        self.xs = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(3)]
        self.values = [[self.model["Value"](number) for number in x] for x in self.xs]

    def test_attention_is_the_formula_of_the_paper(self):
        wq, wk, wv, wo = floats(self.model)[3:7]
        expected = formulas.attention(self.xs, wq, wk, wv, wo, n_head=2)
        keys, values = [], []
        for x, numbers in zip(self.values, expected):
            gathered = self.model["attention"](x, self.model["layers"][0], keys, values)
            for value, number in zip(gathered, numbers):
                self.assertAlmostEqual(value.data, number, places=12)

    def test_the_mlp_is_relu_between_two_matrices(self):
        fc1, fc2 = floats(self.model)[7:9]
        expected = formulas.mlp(self.xs[0], fc1, fc2)
        result = self.model["mlp"](self.values[0], self.model["layers"][0])
        for value, number in zip(result, expected):
            self.assertAlmostEqual(value.data, number, places=12)

class Logits(ProgramCase):
    def assert_formulas(self, **settings):
        """The logits are those of the whole sequence behind a causal mask."""
        model = self.load(NAMES, **settings)
        randomize(model)
        tokens = random.Random(1).choices(range(4), k=settings["block_size"])
        expected = formulas.logits(floats(model), tokens, settings["n_head"])
        cache = model["new_cache"]()
        for position, token in enumerate(tokens):
            logits = model["gpt"](token, position, cache)
            self.assertEqual(len(logits), 4)
            for logit, number in zip(logits, expected[position]):
                self.assertAlmostEqual(logit.data, number, places=9)

    def test_one_layer_of_one_head(self):
        self.assert_formulas(n_layer=1, n_embd=4, n_head=1, block_size=5)

    def test_one_layer_of_three_heads(self):
        self.assert_formulas(n_layer=1, n_embd=6, n_head=3, block_size=5)

    def test_three_layers_of_two_heads(self):
        self.assert_formulas(n_layer=3, n_embd=8, n_head=2, block_size=9)

    def test_heads_of_one_number(self):
        self.assert_formulas(n_layer=2, n_embd=4, n_head=4, block_size=3)

    def test_a_block_of_one_token(self):
        self.assert_formulas(n_layer=1, n_embd=4, n_head=2, block_size=1)

    def test_no_layers(self):
        self.assert_formulas(n_layer=0, n_embd=4, n_head=4, block_size=3)

    def test_documents_do_not_see_each_other(self):
        model = self.load(NAMES, **SMALL)
        randomize(model)
        first = model["loss_of"]("abc").data
        model["loss_of"]("cab")
        self.assertEqual(model["loss_of"]("abc").data, first)

class Gradients(ProgramCase):
    def test_each_gradient_is_the_central_difference_of_the_formulas(self):
        h = 1e-5
        model = self.load(NAMES, **SMALL)
        randomize(model)
        gradients(model, "accb")
        weights, tokens = floats(model), [3, 0, 2, 2, 1, 3]
        grads = iter([param.grad for param in model["params"]])
        for matrix in weights:
            for row in matrix:
                for i, number in enumerate(row):
                    row[i] = number + h
                    above = formulas.loss(weights, tokens, 2)
                    row[i] = number - h
                    below = formulas.loss(weights, tokens, 2)
                    row[i] = number
                    self.assertAlmostEqual(next(grads), (above - below) / (2 * h), delta=1e-6)

if __name__ == "__main__":
    unittest.main()
