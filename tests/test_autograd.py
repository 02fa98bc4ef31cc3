"""A gradient is right, or there is a clear RuntimeError."""

import doctest
import math
import random

from helpers import TextCase

# name, the operation on two Values, the same on two floats
OPERATIONS = [
    ("a + b", lambda a, b: a + b, lambda a, b: a + b),
    ("a + 3", lambda a, b: a + 3, lambda a, b: a + 3),
    ("3 + a", lambda a, b: 3 + a, lambda a, b: 3 + a),
    ("a - b", lambda a, b: a - b, lambda a, b: a - b),
    ("a - 3", lambda a, b: a - 3, lambda a, b: a - 3),
    ("3 - a", lambda a, b: 3 - a, lambda a, b: 3 - a),
    ("-a", lambda a, b: -a, lambda a, b: -a),
    ("a * b", lambda a, b: a * b, lambda a, b: a * b),
    ("a * 3", lambda a, b: a * 3, lambda a, b: a * 3),
    ("3 * a", lambda a, b: 3 * a, lambda a, b: 3 * a),
    ("a / b", lambda a, b: a / b, lambda a, b: a / b),
    ("a / 3", lambda a, b: a / 3, lambda a, b: a / 3),
    ("3 / a", lambda a, b: 3 / a, lambda a, b: 3 / a),
    ("a ** 3", lambda a, b: a**3, lambda a, b: a**3),
    ("a ** 0", lambda a, b: a**0, lambda a, b: a**0),
    ("a ** -1.5", lambda a, b: (a * a) ** -1.5, lambda a, b: (a * a) ** -1.5),
    ("3 ** a", lambda a, b: 3**a, lambda a, b: 3**a),
    ("(a * a) ** b", lambda a, b: (a * a) ** b, lambda a, b: (a * a) ** b),
    ("exp", lambda a, b: a.exp(), lambda a, b: math.exp(a)),
    ("log", lambda a, b: (a * a).log(), lambda a, b: math.log(a * a)),
    ("relu", lambda a, b: a.relu(), lambda a, b: max(0.0, a)),
    ("relu of a node", lambda a, b: (a * b).relu() * a, lambda a, b: max(0.0, a * b) * a),
    ("a twice", lambda a, b: a * a + a, lambda a, b: a * a + a),
    (
        "a kept and reused",
        lambda a, b: (a + b) * (a - b) / (a * b),
        lambda a, b: (a + b) * (a - b) / (a * b),
    ),
]
POINTS = [(2.0, 3.0), (-1.5, 0.7), (0.3, -2.0), (-0.8, -1.1)]


class Case(TextCase):
    def setUp(self):
        super().setUp()
        self.names = self.load()
        self.Value, self.Vector, self.dot = (
            self.names[name] for name in ("Value", "Vector", "dot")
        )

    def vector(self, numbers):
        return self.Vector([self.Value(number) for number in numbers])


class Operations(Case):
    def test_each_operation_gives_the_number_that_plain_floats_give(self):
        for name, operation, plain in OPERATIONS:
            for a, b in POINTS:
                with self.subTest(name, a=a, b=b):
                    result = operation(self.Value(a), self.Value(b))
                    self.assertAlmostEqual(
                        result.data, plain(a, b), delta=1e-12 * (1 + abs(plain(a, b)))
                    )

    def test_each_gradient_is_the_central_difference(self):
        h = 1e-6
        for name, operation, plain in OPERATIONS:
            for a, b in POINTS:
                with self.subTest(name, a=a, b=b):
                    values = self.Value(a), self.Value(b)
                    operation(*values).backward()
                    by_a = (plain(a + h, b) - plain(a - h, b)) / (2 * h)
                    by_b = (plain(a, b + h) - plain(a, b - h)) / (2 * h)
                    for value, expected in zip(values, (by_a, by_b)):
                        self.assertAlmostEqual(
                            value.grad, expected, delta=1e-5 * (1 + abs(expected))
                        )

    def test_a_power_is_right_where_a_formula_would_fail(self):
        zero, minus, two = self.Value(0.0), self.Value(-3.0), self.Value(2.0)
        (zero**0).backward()
        self.assertEqual(zero.grad, 0.0)
        result = minus**two
        result.backward()
        self.assertEqual((result.data, minus.grad), (9.0, -6.0))
        self.assertTrue(math.isnan(two.grad))  # (-3) ** x has no slope in x
        with self.assertRaises(ValueError):
            minus**0.5  # and no complex number either
        with self.assertRaises(ZeroDivisionError):
            1 / zero

    def test_relu_has_slope_0_at_and_below_0(self):
        for number in (0.0, -2.0):
            value = self.Value(number)
            result = value.relu()
            result.backward()
            self.assertEqual((result.data, value.grad), (0.0, 0.0))

    def test_a_value_shows_its_data_and_grad(self):
        value = self.Value(2.5)
        (value * 3).backward()
        self.assertEqual(repr(value), "Value(data=2.5, grad=3.0)")

    def test_a_dot_product_of_many_inputs(self):
        rng = random.Random(1)
        x, y = ([rng.gauss(0, 1) for _ in range(1000)] for _ in range(2))
        a, b = self.vector(x), self.vector(y)
        result = self.dot(a, b)
        result.backward()
        self.assertAlmostEqual(result.data, sum(p * q for p, q in zip(x, y)), places=9)
        self.assertEqual([value.grad for value in a], y)
        self.assertEqual([value.grad for value in b], x)

    def test_the_same_value_twice_among_the_inputs(self):
        a, b = self.Value(2.0), self.Value(5.0)
        x = self.Vector([a, a, b])
        self.dot(x, self.Vector([b, a, a])).backward()  # ab + aa + ab
        self.assertEqual((a.grad, b.grad), (2 * 5 + 2 * 2, 2 * 2))
        c = self.vector([3.0, -4.0])
        self.dot(c, c).backward()
        self.assertEqual([value.grad for value in c], [6.0, -8.0])

    def test_the_gradient_is_that_of_the_numbers_computed_with(self):
        a, b = self.Value(2.0), self.Value(3.0)
        x, y = self.Vector([a]), self.Vector([b])
        loss = a * b + self.dot(x, y)
        a.data = b.data = 100.0
        loss.backward()
        self.assertEqual((a.grad, b.grad), (6.0, 4.0))


class OrdersOfUse(Case):
    def test_the_published_example_of_micrograd(self):
        a, b = self.Value(-4.0), self.Value(2.0)
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
        a = self.Value(1.0)
        b = a + a
        c = b + b
        c.backward()
        self.assertEqual((a.grad, b.grad, c.grad), (4.0, 2.0, 1.0))

    def test_two_losses_from_shared_inputs_add_up_in_either_order(self):
        for first, second in ((0, 1), (1, 0)):
            a, b = self.Value(2.0), self.Value(3.0)
            losses = [a * b, a + b * b]
            losses[first].backward()
            losses[second].backward()
            self.assertEqual((a.grad, b.grad), (3.0 + 1.0, 2.0 + 6.0))

    def test_two_losses_from_a_shared_node_add_up(self):
        a = self.Value(2.0)
        shared = a * a
        one, two = shared * 3, shared * shared
        one.backward()
        self.assertEqual((a.grad, shared.grad), (12.0, 3.0))
        two.backward()
        self.assertEqual((a.grad, shared.grad), (12.0 + 32.0, 8.0))

    def test_a_loss_built_after_the_first_backward_adds_up(self):
        a, b = self.Value(2.0), self.Value(3.0)
        (a * b).backward()
        (a * a).backward()
        self.assertEqual((a.grad, b.grad), (3.0 + 4.0, 2.0))

    def test_backward_twice_on_one_loss_adds_the_same_again(self):
        a, b = self.Value(2.0), self.Value(3.0)
        product = a * b
        loss = product * a
        loss.backward()
        loss.backward()
        self.assertEqual((a.grad, b.grad, product.grad, loss.grad), (24.0, 8.0, 2.0, 1.0))

    def test_building_on_a_node_that_took_part_in_a_backward_is_refused(self):
        a = self.Value(2.0)
        b = a * 3
        b.backward()
        for operation in (
            lambda: b + 1,
            lambda: 1 + b,
            lambda: a * b,
            lambda: b**2,
            lambda: b.exp(),
        ):
            with self.assertRaisesRegex(RuntimeError, "compute it again"):
                operation()
        self.assertEqual((a.grad, b.data, b.grad), (3.0, 6.0, 1.0))  # but they can still be read
        gone = "^computed before an earlier backward\\(\\), so its inputs are forgotten: "
        self.assertRaisesRegex(RuntimeError, gone, b.backward)

    def test_a_vector_of_such_nodes_is_refused(self):
        b = self.Value(2.0) * 3
        b.backward()
        with self.assertRaisesRegex(RuntimeError, "compute it again"):
            self.Vector([self.Value(1.0), b])

    def test_a_vector_made_before_a_backward_is_refused_after_it(self):
        old = self.Vector([self.Value(2.0) * 3])
        self.dot(old, old).backward()
        new = self.vector([1.0])
        for operation in (
            lambda: self.dot(old, new),
            lambda: self.dot(new, old),
            lambda: self.dot(old, old),
            lambda: self.names["logsumexp"](old),
        ):
            with self.assertRaisesRegex(RuntimeError, "compute it again"):
                operation()

    def test_backward_of_a_loss_whose_inputs_are_forgotten_is_refused(self):
        a = self.Value(2.0)
        one, two = a * 3, a * 5
        one.backward()
        self.Value(1.0) + 1  # a new graph begins here
        for loss in (one, two):
            with self.assertRaisesRegex(RuntimeError, "compute it again"):
                loss.backward()
        self.assertEqual(a.grad, 3.0)

    def test_what_is_made_after_the_loss_changes_nothing(self):
        a = self.Value(2.0)
        loss = a * a
        later = loss * 10 + a
        loss.backward()
        self.assertEqual((a.grad, later.grad), (4.0, 0.0))

    def test_what_is_beside_the_loss_changes_nothing(self):
        a, b = self.Value(2.0), self.Value(3.0)
        aside = a * b
        loss = a * a
        loss.backward()
        self.assertEqual((a.grad, b.grad, aside.grad), (4.0, 0.0, 0.0))

    def test_an_infinite_slope_beside_the_loss_changes_nothing(self):
        a = self.Value(2.0)
        a * math.inf  # 0 times this would be no number
        loss = a * a
        loss.backward()
        self.assertEqual(a.grad, 4.0)

    def test_samples_drawn_in_between_change_nothing(self):
        a = self.Value(2.0)
        loss = a * a
        self.names["sample"]()
        loss.backward()
        self.names["sample"]()
        loss.backward()
        self.assertEqual(a.grad, 8.0)
        self.assertTrue(all(param.grad == 0.0 for param in self.names["params"]))

    def test_a_value_made_by_hand_is_a_loss_too(self):
        a = self.Value(2.0)
        a.backward()
        self.assertEqual(a.grad, 1.0)
        a.backward()
        self.assertEqual(a.grad, 2.0)


class Depth(Case):
    def test_a_chain_of_any_length_needs_no_recursion(self):
        a = self.Value(1.0)
        b = a
        for _ in range(50000):
            b = b + a
        b.backward()
        self.assertEqual(a.grad, 50001.0)

    def test_a_used_graph_is_let_go_by_the_next_operation(self):
        a, tape = self.Value(1.0), self.names["tape"]
        kept = a * 2
        for _ in range(3):
            (a * 3 + 1).backward()
            self.assertEqual(len(tape.new), 0)
            self.assertLessEqual(len(tape.old), 3)
        a * 3
        self.assertEqual((len(tape.new), len(tape.old)), (1, 0))
        self.assertIs(kept.inputs, None)

    def test_samples_leave_nothing_behind(self):
        tape = self.names["tape"]
        before = tape.new, tape.old, list(tape.new)
        self.names["sample"]()
        self.assertIs(tape.new, before[0])
        self.assertIs(tape.old, before[1])
        self.assertEqual(tape.new, before[2])


class Docs(Case):
    def test_the_examples_in_the_docstrings_run(self):
        finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
        tried = 0
        for name in ("Value", "Vector", "dot", "sample"):
            for example in finder.find(
                self.names[name], name, module=False, globs=self.names.copy()
            ):
                tried += runner.run(example).attempted
        self.assertGreaterEqual(tried, 4)
        self.assertEqual(runner.failures, 0)
