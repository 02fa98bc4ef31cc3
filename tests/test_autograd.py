"""A gradient is right, whatever the order of use, or there is an error."""

import doctest
import functools
import itertools
import math
import random
import re

from helpers import RELU, SOURCE, TINY, TextCase, gradients

OPERATIONS = [  # on Values and floats alike
    "a + b", "a + 3", "3 + a", "a - b", "a - 3", "3 - a", "-a", "a * b", "a * 3", "3 * a", "a / b",
    "a / 3", "3 / a", "a ** 3", "a ** -2", "a ** 0", "(a * a) ** -1.5", "a * a * a", "exp(a)",
    "log(a * a)", "relu(a)", "relu(a * 3) * a", "(a + b) * (a - b) / (a * b)",
    "dot([a, a, b], [b, a, a])", "dot(*2 * [[a, b]])",  # the latter of a list with itself
]
FUNCTIONS = {"exp": math.exp, "log": math.log, "relu": RELU}
FUNCTIONS["dot"] = lambda x, y: sum(a * b for a, b in zip(x, y))
POINTS = [(2.0, 3.0), (-1.5, 0.7), (0.3, -2.0), (-0.8, -1.1)]
MADE = [  # an operation on Value(2.0) and Value(3.0), the numbers of its inputs, and its slopes
    ("a + b", [2.0, 3.0], [1.0, 1.0]), ("a + 5", [2.0, 5], [1.0, 1.0]),
    ("a * b", [2.0, 3.0], [3.0, 2.0]), ("a * 5", [2.0, 5], [5, 2.0]), ("a ** 3", [2.0], [12.0]),
    ("exp(a)", [2.0], [math.exp(2.0)]), ("log(a)", [2.0], [0.5]), ("relu(a)", [2.0], [1.0]),
    ("dot([a, b], [b, b])", [2.0, 3.0, 3.0, 3.0], [3.0, 3.0, 2.0, 3.0]),
]  # fmt: skip
ERRORS = [
    ("Value(-8.0) ** 0.5", ValueError), ("Value(0.0) ** 0.5", ValueError),
    ("1 / Value(0.0)", ValueError), ("Value(0.0).log()", ValueError),
    ("Value(-1.0).log()", ValueError), ("Value(1000.0).exp()", OverflowError),
    ("Value(2.0) ** Value(2.0)", TypeError), ("Value(2.0) + '1'", TypeError),
    ("dot([Value(1)] * 2, [])", AssertionError), ("dot([], [Value(1)])", AssertionError),
]  # fmt: skip

def evaluate(operation, functions, *numbers):
    return eval(operation, {**functions, **dict(zip("ab", numbers))})

def grads(*values):
    return [value.grad for value in values]

class Autograd(TextCase):
    def setUp(self):
        super().setUp()
        self.names = self.load(**TINY)
        self.Value, self.dot, self.tape = (self.names[name] for name in ("Value", "dot", "tape"))
        self.functions = {name: getattr(self.Value, name, self.dot) for name in FUNCTIONS}

    def values(self, *numbers):
        return [self.Value(number) for number in numbers]

    def test_each_operation_has_the_number_and_the_slopes_of_plain_floats(self):
        h = 1e-6
        for operation, (a, b) in itertools.product(OPERATIONS, POINTS):
            with self.subTest(operation, a=a, b=b):
                x, y = self.values(a, b)
                result = evaluate(operation, self.functions, x, y)
                result.backward()
                plain = functools.partial(evaluate, operation, FUNCTIONS)
                number = plain(a, b)
                self.assertAlmostEqual(result.data, number, delta=1e-12 * (1 + abs(number)))
                slope_a = (plain(a + h, b) - plain(a - h, b)) / (2 * h)
                slope_b = (plain(a, b + h) - plain(a, b - h)) / (2 * h)
                self.assertAlmostEqual(x.grad, slope_a, delta=1e-5 * (1 + abs(slope_a)))
                self.assertAlmostEqual(y.grad, slope_b, delta=1e-5 * (1 + abs(slope_b)))

    def test_each_operation_names_all_its_inputs_and_a_slope_for_each(self):
        for operation, numbers, slopes in MADE:
            with self.subTest(operation):
                self.tape.clear()
                values = self.values(2.0, 3.0)
                made = evaluate(operation, self.functions, *values)
                self.assertEqual({type(part) for part in (made, *made.inputs)}, {self.Value})
                self.assertEqual([part.data for part in made.inputs], numbers)
                self.assertEqual(([*made.slopes], made.grad, self.tape), (slopes, 0.0, [made]))
                self.assertEqual({(*value.inputs, *value.slopes) for value in values}, {()})

    def test_odd_ends(self):
        a, b, one, four = self.values(0.0, math.nan, 1, 4)
        (a.relu() + 5).backward()
        self.assertEqual((a.grad, math.isnan(b.relu().data)), (0.0, True))
        quarter = one / four
        quarter.backward()
        self.assertEqual((quarter.data, *grads(one, four)), (0.25, 0.25, -0.0625))
        self.assertEqual(repr(four), "Value(data=4, grad=-0.0625)")
        self.assertFalse(hasattr(four, "__dict__"))  # it has no room for more

    def test_what_has_no_number_no_finite_slope_or_no_partner_is_an_error(self):
        for operation, error in ERRORS:
            with self.subTest(operation), self.assertRaises(error):
                eval(operation, self.names)

    def test_a_dot_product_is_the_sum_of_the_products_to_the_last_bit(self):
        rng = random.Random(1)
        for n in (1, 2, 100):
            self.tape.clear()
            x, y = ([rng.gauss(0, 1) for _ in range(n)] for _ in range(2))
            a, b, c, d = (self.values(*numbers) for numbers in (x, y, x, y))
            ours, total = self.dot(a, b), self.Value(0.0)
            self.assertEqual(len(self.tape), 1)
            for p, q in zip(c, d):
                total = total + p * q
            self.assertEqual(ours.data, total.data)
            (ours * 3).backward()
            (total * 3).backward()
            self.assertEqual(grads(*a, *b), grads(*c, *d))

    def test_the_examples_in_the_comments_are_true(self):
        finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
        for example in finder.find(self.Value, "Value", module=False, globs=self.names.copy()):
            runner.run(example)
        self.assertEqual((runner.tries, runner.failures), (4, 0))
        nudges = re.findall(r"(\S+(?: [+*]+ \d)?) is (0\.0\d+) more", SOURCE)
        self.assertEqual(len(nudges), 5)
        for nudged, more in nudges:
            plain = re.sub(r"(\d)\.001", r"\1", nudged)
            growth = eval(f"{nudged} - ({plain})", vars(math).copy())
            self.assertEqual(f"{growth:.{len(more) - 2}f}", more, nudged)

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

    def test_a_value_used_twice_on_two_levels_gets_every_share_at_any_depth(self):
        (a,) = self.values(1.0)
        b = a + a
        c = b + b
        c.backward()
        self.assertEqual(grads(a, b, c), [4.0, 2.0, 1.0])
        for _ in range(50000):  # which needs no recursion, not even to be let go
            c = c + a
        c.backward()
        self.assertEqual(a.grad, 4.0 + 50004.0)
        self.tape.clear()
        del c

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

    def test_what_has_left_the_tape_is_a_constant_and_refused_as_a_loss(self):
        (a,) = self.values(2.0)
        gone = a * 3
        self.names["sample"]()  # which ends with an empty tape
        self.assertEqual(self.tape, [])
        a * 5
        for loss in (gone, a):
            with self.assertRaisesRegex(AssertionError, "the tape"):
                loss.backward()
        self.assertEqual(grads(a, gone), [0.0, 0.0])
        (gone * a).backward()
        self.assertEqual(grads(a, gone), [6.0, 2.0])
        lengths = [gradients(self.names) and len(self.tape) for _ in range(2)]
        self.assertEqual(lengths[0], lengths[1])  # a training step begins with an empty tape
