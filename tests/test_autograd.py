"""A gradient is right, whatever the order of use, or there is an error that says why not."""

import doctest
import functools
import itertools
import math
import random

from helpers import TINY, TextCase, scatter

OPERATIONS = [  # on Values and floats alike
    "a + b", "a + 3", "3 + a", "a - b", "a - 3", "3 - a", "-a", "a * b", "a * 3", "3 * a", "a / b",
    "a / 3", "3 / a", "a ** 3", "a ** -2", "a ** 0", "(a * a) ** -1.5", "a * a * a", "exp(a)",
    "log(a * a)", "relu(a)", "relu(a * 3) * a", "(a + b) * (a - b) / (a * b)",
    "Dot([a, a, b], [b, a, a])", "Dot(*2 * [[a, b]])",  # the latter of a list with itself
]
FUNCTIONS = {"exp": math.exp, "log": math.log, "relu": lambda number: max(0.0, number)}
FUNCTIONS["Dot"] = lambda x, y: sum(a * b for a, b in zip(x, y))
POINTS = [(2.0, 3.0), (-1.5, 0.7), (0.3, -2.0), (-0.8, -1.1)]

def evaluate(operation, functions, a, b):
    return eval(operation, {**functions, "a": a, "b": b})

def grads(*values):
    return [value.grad for value in values]

class Autograd(TextCase):
    def setUp(self):
        super().setUp()
        self.names = self.load(**TINY)
        self.Value, self.Dot, self.tape = (self.names[name] for name in ("Value", "Dot", "tape"))

    def values(self, *numbers):
        return [self.Value(number) for number in numbers]

    def test_each_operation_has_the_number_and_the_slopes_of_plain_floats(self):
        ours, h = {name: getattr(self.Value, name, self.Dot) for name in FUNCTIONS}, 1e-6
        for operation, (a, b) in itertools.product(OPERATIONS, POINTS):
            with self.subTest(operation, a=a, b=b):
                x, y = self.values(a, b)
                result = evaluate(operation, ours, x, y)
                result.backward()
                plain = functools.partial(evaluate, operation, FUNCTIONS)
                number = plain(a, b)
                self.assertAlmostEqual(result.data, number, delta=1e-12 * (1 + abs(number)))
                slope_a = (plain(a + h, b) - plain(a - h, b)) / (2 * h)
                slope_b = (plain(a, b + h) - plain(a, b - h)) / (2 * h)
                self.assertAlmostEqual(x.grad, slope_a, delta=1e-5 * (1 + abs(slope_a)))
                self.assertAlmostEqual(y.grad, slope_b, delta=1e-5 * (1 + abs(slope_b)))

    def test_relu_has_slope_0_at_0(self):
        (a,) = self.values(0.0)
        a.relu().backward()
        self.assertEqual(a.grad, 0.0)

    def test_what_has_no_number_or_no_finite_slope_is_an_error_that_says_so(self):
        for operation, error, words in [
            ("Value(-8.0) ** 0.5", RuntimeError, r"^-8.0 \*\* 0.5: must be above 0$"),
            ("Value(0.0) ** 0.5", RuntimeError, r"^0.0 \*\* 0.5: must be above 0$"),
            ("1 / Value(0.0)", ZeroDivisionError, ""),
            ("Value(2.0) ** Value(2.0)", TypeError, ""),
            ("Dot([Value(1.0)] * 2, [])", ValueError, "^a dot product of 2 and 0 numbers$"),
        ]:
            with self.subTest(operation), self.assertRaisesRegex(error, words):
                eval(operation, self.names)

    def test_a_dot_product_is_the_sum_of_the_products_in_number_and_gradients(self):
        rng = random.Random(1)
        x, y = ([rng.gauss(0, 1) for _ in range(100)] for _ in range(2))
        a, b = self.values(*x), self.values(*y)
        (self.Dot(a, b) * 3).backward()
        dot = self.tape[0]
        self.assertAlmostEqual(dot.data, sum(p * q for p, q in zip(x, y)), places=12)
        self.assertEqual((grads(*a), grads(*b)), ([3 * q for q in y], [3 * p for p in x]))
        self.assertEqual((dot.grad, dot.inputs, dot.slopes, len(self.tape)), (3.0, (), (), 2))

    def test_the_inputs_are_values_and_a_number_that_was_not_computed_has_none(self):
        a, b = self.values(2.0, 3.0)
        self.assertEqual((a.inputs, a.slopes, a.grad, self.tape), ((), (), 0.0, []))
        product, multiple = a * b, a * 5
        self.assertEqual((product.inputs, product.slopes), ((a, b), (3.0, 2.0)))
        self.assertEqual((multiple.inputs, multiple.slopes), ((a,), (5,)))
        self.assertEqual(self.tape, [product, multiple])

    def test_a_value_shows_its_data_and_its_grad_and_has_no_room_for_more(self):
        (a,) = self.values(2.5)
        (a * 3).backward()
        self.assertEqual(repr(a), "Value(data=2.5, grad=3.0)")
        for value in (a, self.Dot([a], [a])):
            self.assertFalse(hasattr(value, "__dict__"))

    def test_the_examples_in_the_docstrings_are_true(self):
        finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
        for example in finder.find(self.Value, "Value", module=False, globs=self.names.copy()):
            runner.run(example)
        self.assertEqual((runner.tries, runner.failures), (4, 0))

    def test_the_published_example_of_micrograd(self):
        a, b = self.values(-4.0, 2.0)
        c = a + b
        d = a * b + b**3
        c += c + 1
        c += 1 + c + (-a)
        d += d * 2 + (b + a).relu()
        d += 3 * d + (b - a).relu()
        e = c - d
        f = e**2
        g = f / 2.0
        g += 10.0 / f
        g.backward()
        printed = [f"{number:.4f}" for number in (g.data, a.grad, b.grad)]
        self.assertEqual(printed, ["24.7041", "138.8338", "645.5773"])

    def test_a_value_used_twice_on_two_levels_gets_every_share(self):
        (a,) = self.values(1.0)
        b = a + a
        c = b + b
        c.backward()
        self.assertEqual(grads(a, b, c), [4.0, 2.0, 1.0])

    def test_two_losses_add_up_in_either_order_in_what_was_not_computed(self):
        for first, shared_grad in ((0, 12.0), (1, 3.0)):
            a, b = self.values(2.0, 3.0)
            shared = a * b
            losses = [shared * 3, shared * shared + a]
            losses[first].backward()
            losses[1 - first].backward()
            self.assertEqual(grads(a, b, shared), [9.0 + 37.0, 6.0 + 24.0, shared_grad])

    def test_each_backward_adds_to_what_was_not_computed_and_sets_the_rest_anew(self):
        a, b = self.values(2.0, 3.0)
        product = a * b
        loss = product * a
        loss.backward()
        loss.backward()
        self.assertEqual(grads(a, b, product, loss), [24.0, 8.0, 2.0, 1.0])
        (product * product).backward()
        self.assertEqual(grads(a, b, product, loss), [24.0 + 36.0, 8.0 + 24.0, 12.0, 0.0])

    def test_what_is_made_after_the_loss_or_beside_it_changes_nothing(self):
        a, b = self.values(2.0, 3.0)
        aside = a * b
        a * math.inf  # 0 times this slope would be no number
        loss = a * a
        later = loss * 10 + a
        loss.backward()
        self.assertEqual(grads(a, b, aside, later), [4.0, 0.0, 0.0, 0.0])

    def test_samples_drawn_before_a_backward_or_within_a_computation_change_nothing(self):
        scatter(self.names)
        (a,) = self.values(2.0)
        square = a * a
        self.names["sample"]()
        loss = square * a
        self.names["sample"]("ab")
        loss.backward()
        self.assertEqual((a.grad, self.tape), (12.0, [square, loss]))
        self.assertEqual({param.grad for param in self.names["params"]}, {0.0})

    def test_what_has_left_the_tape_is_a_constant_and_refused_as_a_loss(self):
        (a,) = self.values(2.0)
        gone = a * 3
        self.tape.clear()
        a * 5
        for loss in (gone, a):
            with self.assertRaisesRegex(RuntimeError, "^not on the tape"):
                loss.backward()
        self.assertEqual(grads(a, gone), [0.0, 0.0])
        (gone * a).backward()
        self.assertEqual(grads(a, gone), [6.0, 2.0])

    def test_a_chain_of_any_length_needs_no_recursion_not_even_to_be_let_go(self):
        (a,) = self.values(1.0)
        b = a
        for _ in range(50000):
            b = b + a
        b.backward()
        self.assertEqual(a.grad, 50001.0)
        self.tape.clear()
        del b
