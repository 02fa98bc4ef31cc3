"""A gradient is right, whatever the order of use, or there is an error that says why not."""

import doctest
import math
import random

from helpers import TINY, TextCase, scatter

# name, the operation on Values or floats alike, in which f stands for the function called name
OPERATIONS = [
    ("a + b", lambda a, b: a + b),
    ("a + 3", lambda a, b: a + 3),
    ("3 + a", lambda a, b: 3 + a),
    ("a - b", lambda a, b: a - b),
    ("a - 3", lambda a, b: a - 3),
    ("3 - a", lambda a, b: 3 - a),
    ("-a", lambda a, b: -a),
    ("a * b", lambda a, b: a * b),
    ("a * 3", lambda a, b: a * 3),
    ("3 * a", lambda a, b: 3 * a),
    ("a / b", lambda a, b: a / b),
    ("a / 3", lambda a, b: a / 3),
    ("3 / a", lambda a, b: 3 / a),
    ("a ** 3", lambda a, b: a**3),
    ("a ** -2", lambda a, b: a**-2),
    ("a ** 0", lambda a, b: a**0),
    ("(a * a) ** -1.5", lambda a, b: (a * a) ** -1.5),
    ("a * a * a", lambda a, b: a * a * a),
    ("all", lambda a, b: (a + b) * (a - b) / (a * b)),
]
FUNCTIONS = [
    ("exp", lambda a: a.exp(), math.exp),
    ("log", lambda a: (a * a).log(), lambda a: math.log(a * a)),
    ("relu", lambda a: a.relu(), lambda a: max(0.0, a)),
    ("relu of a node", lambda a: (a * 3).relu() * a, lambda a: max(0.0, a * 3) * a),
]
POINTS = [(2.0, 3.0), (-1.5, 0.7), (0.3, -2.0), (-0.8, -1.1)]

class Case(TextCase):
    def setUp(self):
        super().setUp()
        self.names = self.load(*TINY)
        self.Value, self.Dot, self.tape = (self.names[name] for name in ("Value", "Dot", "tape"))

    def values(self, *numbers):
        return [self.Value(number) for number in numbers]

    def grads(self, *values):
        return [value.grad for value in values]

class Operations(Case):
    def check(self, ours, plain, numbers):
        """An operation has the number and the slopes, by central differences, of the plain one."""
        values, h = self.values(*numbers), 1e-6
        result = ours(*values)
        self.assertAlmostEqual(result.data, plain(*numbers), delta=1e-12 * (1 + abs(result.data)))
        result.backward()
        for i, value in enumerate(values):
            up, down = ([x + step * (i == j) for j, x in enumerate(numbers)] for step in (h, -h))
            slope = (plain(*up) - plain(*down)) / (2 * h)
            self.assertAlmostEqual(value.grad, slope, delta=1e-5 * (1 + abs(slope)))

    def test_each_operator_has_the_number_and_the_slopes_of_plain_floats(self):
        for name, operation in OPERATIONS:
            for point in POINTS:
                with self.subTest(name, point=point):
                    self.check(operation, operation, point)

    def test_each_function_has_the_number_and_the_slope_of_plain_floats(self):
        for name, ours, plain in FUNCTIONS:
            for point, _ in POINTS:
                with self.subTest(name, point=point):
                    self.check(ours, plain, [point])

    def test_relu_has_slope_0_at_0(self):
        (a,) = self.values(0.0)
        a.relu().backward()
        self.assertEqual(a.grad, 0.0)

    def test_a_power_or_quotient_without_a_finite_slope_is_an_error_that_says_so(self):
        for number in (-8.0, 0.0):
            with self.assertRaisesRegex(RuntimeError, rf"^{number} \*\* 0.5: must be above 0$"):
                self.Value(number) ** 0.5
        with self.assertRaises(ZeroDivisionError):
            1 / self.Value(0.0)
        with self.assertRaises(TypeError):
            self.Value(2.0) ** self.Value(2.0)

    def test_a_dot_product_is_the_sum_of_the_products_in_number_and_gradients(self):
        rng = random.Random(1)
        x, y = ([rng.gauss(0, 1) for _ in range(100)] for _ in range(2))
        a, b = self.values(*x), self.values(*y)
        (self.Dot(a, b) * 3).backward()
        dot = self.tape[0]
        self.assertAlmostEqual(dot.data, sum(p * q for p, q in zip(x, y)), places=12)
        self.assertEqual(self.grads(*a), [3 * q for q in y])
        self.assertEqual(self.grads(*b), [3 * p for p in x])
        self.assertEqual((dot.grad, dot.inputs, dot.slopes, len(self.tape)), (3.0, (), (), 2))

    def test_a_dot_product_of_different_lengths_is_an_error_that_says_so(self):
        with self.assertRaisesRegex(ValueError, "^a dot product of 2 and 3 numbers$"):
            self.Dot(self.values(1.0, 2.0), self.values(1.0, 2.0, 3.0))

    def test_a_dot_product_may_meet_the_same_value_several_times(self):
        a, b = self.values(2.0, 5.0)
        self.Dot([a, a, b], [b, a, a]).backward()  # ab + aa + ab
        self.assertEqual(self.grads(a, b), [2 * 5 + 2 * 2, 2 * 2])
        x = self.values(3.0, -4.0)
        self.Dot(x, x).backward()
        self.assertEqual(self.grads(*x), [6.0, -8.0])

    def test_the_inputs_are_values_and_a_number_that_was_not_computed_has_none(self):
        a, b = self.values(2.0, 3.0)
        self.assertEqual((a.inputs, a.slopes, a.grad, self.tape), ((), (), 0.0, []))
        self.assertEqual(((a * b).inputs, (a * b).slopes), ((a, b), (3.0, 2.0)))
        self.assertEqual(((a + 1).inputs, (a * 5).slopes), ((a,), (5,)))
        self.assertEqual(len(self.tape), 4)

    def test_a_value_shows_its_data_and_its_grad_and_has_no_room_for_more(self):
        (a,) = self.values(2.5)
        (a * 3).backward()
        self.assertEqual(repr(a), "Value(data=2.5, grad=3.0)")
        for value in (a, self.Dot([a], [a])):
            self.assertFalse(hasattr(value, "__dict__"))

class OrdersOfUse(Case):
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

    def test_a_value_used_twice_on_two_levels(self):
        (a,) = self.values(1.0)
        b = a + a
        c = b + b
        c.backward()
        self.assertEqual(self.grads(a, b, c), [4.0, 2.0, 1.0])

    def test_two_losses_from_shared_inputs_add_up_in_either_order(self):
        for first in (0, 1):
            a, b = self.values(2.0, 3.0)
            losses = [a * b, a + b * b]
            losses[first].backward()
            losses[1 - first].backward()
            self.assertEqual(self.grads(a, b), [3.0 + 1.0, 2.0 + 6.0])

    def test_two_losses_from_a_shared_node_add_up_in_either_order(self):
        for first, shared_grad in ((0, 8.0), (1, 3.0)):
            (a,) = self.values(2.0)
            shared = a * a
            losses = [shared * 3, shared * shared]
            losses[first].backward()
            losses[1 - first].backward()
            self.assertEqual(self.grads(a, shared), [12.0 + 32.0, shared_grad])

    def test_backward_twice_adds_the_same_again_to_what_was_not_computed(self):
        a, b = self.values(2.0, 3.0)
        product = a * b
        loss = product * a
        loss.backward()
        loss.backward()
        self.assertEqual(self.grads(a, b, product, loss), [24.0, 8.0, 2.0, 1.0])

    def test_a_node_that_took_part_in_a_backward_can_be_built_on(self):
        (a,) = self.values(2.0)
        b = a * 3
        b.backward()
        a.grad = 0.0
        (b * b).backward()
        self.assertEqual(self.grads(a, b), [36.0, 12.0])

    def test_what_is_made_after_the_loss_or_beside_it_changes_nothing(self):
        a, b = self.values(2.0, 3.0)
        aside = a * b
        a * math.inf  # 0 times this slope would be no number
        loss = a * a
        later = loss * 10 + a
        loss.backward()
        self.assertEqual(self.grads(a, b, aside, later), [4.0, 0.0, 0.0, 0.0])

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

    def test_a_loss_that_is_not_on_the_tape_is_refused(self):
        (a,) = self.values(2.0)
        gone = a * 3
        self.tape.clear()
        a * 5
        for loss in (gone, a):
            with self.assertRaisesRegex(RuntimeError, "^not on the tape"):
                loss.backward()
        self.assertEqual(self.grads(a, gone), [0.0, 0.0])

    def test_what_has_left_the_tape_counts_as_a_constant(self):
        (a,) = self.values(2.0)
        constant = a * 3
        self.tape.clear()
        (constant * a).backward()
        self.assertEqual(self.grads(a, constant), [6.0, 2.0])

    def test_a_chain_of_any_length_needs_no_recursion_not_even_to_be_let_go(self):
        (a,) = self.values(1.0)
        b = a
        for _ in range(50000):
            b = b + a
        b.backward()
        self.assertEqual(a.grad, 50001.0)
        self.tape.clear()
        del b

    def test_the_examples_in_the_docstrings_are_true(self):
        finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
        for example in finder.find(self.Value, "Value", module=False, globs=self.names.copy()):
            runner.run(example)
        self.assertEqual((runner.tries, runner.failures), (4, 0))
