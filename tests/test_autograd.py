"""Value and dot: numbers and gradients, in any order of use."""

import doctest
import gc
import math
import random
import re
import subprocess
import sys
import unittest

from formulas import relu
from helpers import NAMES, SMALL, SOURCE, ProgramCase, gradients

OPERATIONS = [  # they mean the same for Values and for floats
    "a + b", "a + 3", "3 + a", "a - b", "a - 3", "3 - a", "-a", "a * b", "a * 3", "3 * a",
    "a / b", "a / 3", "3 / a", "a ** 3", "a ** -2", "(a * a) ** -1.5", "exp(a)", "log(a * a)",
    "relu(a)", "relu(a * 3) * a", "(a + b) * (a - b) / (a * b)", "dot([a, a, b], [b, a, a])",
]
POINTS = [(2.0, 3.0), (-1.5, 0.7), (0.3, -2.0), (-0.8, -1.1)]

def dot(x, y):
    return sum(a * b for a, b in zip(x, y))

FUNCTIONS = {"exp": math.exp, "log": math.log, "relu": relu, "dot": dot}  # on floats

def calculate(operation, a, b):
    """Return the result of an operation on floats."""
    return eval(operation, {**FUNCTIONS, "a": a, "b": b})

class ValueCase(ProgramCase):
    def setUp(self):
        super().setUp()
        self.model = self.load(NAMES, **SMALL)
        self.Value = self.model["Value"]
        self.dot = self.model["dot"]

    def values(self, *numbers):
        return [self.Value(number) for number in numbers]

    def calculate(self, operation, a, b):
        """Return the result of an operation on Values."""
        functions = {name: getattr(self.Value, name, self.dot) for name in FUNCTIONS}
        return eval(operation, {**functions, "a": a, "b": b})

class Operations(ValueCase):
    def test_results_equal_those_of_floats(self):
        for operation in OPERATIONS:
            for x, y in POINTS:
                with self.subTest(operation, a=x, b=y):
                    result = self.calculate(operation, *self.values(x, y))
                    self.assertAlmostEqual(result.data, calculate(operation, x, y), places=12)

    def test_gradients_equal_central_differences(self):
        h = 1e-6
        for operation in OPERATIONS:
            for x, y in POINTS:
                with self.subTest(operation, a=x, b=y):
                    a, b = self.values(x, y)
                    self.calculate(operation, a, b).backward()
                    rise = calculate(operation, x + h, y) - calculate(operation, x - h, y)
                    self.assertAlmostEqual(a.grad, rise / (2 * h), delta=1e-4)
                    rise = calculate(operation, x, y + h) - calculate(operation, x, y - h)
                    self.assertAlmostEqual(b.grad, rise / (2 * h), delta=1e-4)

    def test_the_slope_of_relu_at_0_is_0(self):
        (a,) = self.values(0.0)
        a.relu().backward()
        self.assertEqual(a.grad, 0.0)

    def test_repr_shows_data_and_grad(self):
        self.assertEqual(repr(self.Value(4)), "Value(data=4, grad=0.0)")

    def test_what_python_refuses_for_floats_is_refused_for_values(self):
        refused = {
            "1 / Value(0.0)": ZeroDivisionError,
            "Value(0.0).log()": ValueError,
            "Value(-1.0).log()": ValueError,
            "Value(1000.0).exp()": OverflowError,
            "Value(2.0) + '1'": TypeError,
            "Value(2.0) ** Value(2.0)": TypeError,
        }
        for operation, error in refused.items():
            with self.subTest(operation), self.assertRaises(error):
                eval(operation, self.model)

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
        self.assertEqual(f"{g.data:.4f}", "24.7041")
        self.assertEqual(f"{a.grad:.4f}", "138.8338")
        self.assertEqual(f"{b.grad:.4f}", "645.5773")

class Dot(ValueCase):
    def setUp(self):
        super().setUp()
        rng = random.Random(1)
        self.x = self.values(*[rng.gauss(0, 1) for _ in range(100)])
        self.y = self.values(*[rng.gauss(0, 1) for _ in range(100)])

    def test_equals_the_sum_of_the_products_to_the_last_bit(self):
        total = self.Value(0.0)
        for a, b in zip(self.x, self.y):
            total = total + a * b
        self.assertEqual(self.dot(self.x, self.y).data, total.data)

    def test_is_one_value_computed_from_both_lists(self):
        self.assertEqual(self.dot(self.x, self.y).inputs, self.x + self.y)

    def test_lists_of_different_lengths_are_refused(self):
        with self.assertRaises(AssertionError):
            self.dot(self.x, self.y[1:])
        with self.assertRaises(AssertionError):
            self.dot(self.x[1:], self.y)

class OrderOfUse(ValueCase):
    def test_a_value_used_twice_on_two_levels_gets_every_share(self):
        (a,) = self.values(1.0)
        b = a + a
        c = b + b
        c.backward()
        self.assertEqual(a.grad, 4.0)
        self.assertEqual(b.grad, 2.0)
        self.assertEqual(c.grad, 1.0)

    def test_backward_twice_adds_up_in_what_was_not_computed(self):
        a, b = self.values(2.0, 3.0)
        loss = a * b + a
        loss.backward()
        loss.backward()
        self.assertEqual(a.grad, 8.0)
        self.assertEqual(b.grad, 4.0)

    def test_backward_twice_starts_afresh_in_what_was_computed(self):
        a, b = self.values(2.0, 3.0)
        product = a * b
        loss = product * 5
        loss.backward()
        loss.backward()
        self.assertEqual(product.grad, 5.0)
        self.assertEqual(loss.grad, 1.0)

    def test_two_losses_on_a_shared_value_add_up(self):
        a, b = self.values(2.0, 3.0)
        shared = a * b
        first, second = shared * 3, shared * shared
        first.backward()
        second.backward()
        self.assertEqual(a.grad, 9.0 + 36.0)
        self.assertEqual(b.grad, 6.0 + 24.0)
        self.assertEqual(shared.grad, 12.0)

    def test_two_losses_on_a_shared_value_add_up_in_the_other_order(self):
        a, b = self.values(2.0, 3.0)
        shared = a * b
        first, second = shared * 3, shared * shared
        second.backward()
        first.backward()
        self.assertEqual(a.grad, 9.0 + 36.0)
        self.assertEqual(b.grad, 6.0 + 24.0)
        self.assertEqual(shared.grad, 3.0)

    def test_a_loss_used_in_another_loss(self):
        (a,) = self.values(2.0)
        first = a * a
        first.backward()
        (first * first).backward()
        self.assertEqual(a.grad, 4.0 + 32.0)

    def test_a_value_used_again_after_a_sample(self):
        (a,) = self.values(2.0)
        y = a * 3
        self.model["sample"]()
        (y * a).backward()
        self.assertEqual(a.grad, 12.0)

    def test_a_value_used_again_after_a_training_step(self):
        (a,) = self.values(2.0)
        y = a * 3
        gradients(self.model, "abc")
        self.model["adam"](0, 0.01)
        (y * a).backward()
        self.assertEqual(a.grad, 12.0)

    def test_a_value_made_long_before_the_loss(self):
        (a,) = self.values(2.0)
        old = a * 3
        for _ in range(10000):
            a + 1
        (old * old).backward()
        self.assertEqual(a.grad, 36.0)

    def test_values_made_after_the_loss_change_nothing(self):
        (a,) = self.values(2.0)
        loss = a * a
        later = loss * 10 + a
        loss.backward()
        self.assertEqual(a.grad, 4.0)
        self.assertEqual(later.grad, 0.0)

    def test_values_beside_the_loss_change_nothing(self):
        a, b = self.values(2.0, 3.0)
        aside = a * b
        (a * a).backward()
        self.assertEqual(b.grad, 0.0)
        self.assertEqual(aside.grad, 0.0)

    def test_a_dot_product_of_a_list_with_itself(self):
        x = self.values(2.0, 3.0)
        self.dot(x, x).backward()
        self.assertEqual(x[0].grad, 4.0)
        self.assertEqual(x[1].grad, 6.0)

    def test_a_loss_that_was_not_computed_has_a_grad_of_1(self):
        (a,) = self.values(2.0)
        a.backward()
        self.assertEqual(a.grad, 1.0)

    def test_a_graph_may_be_60000_values_deep(self):
        (a,) = self.values(1.0)
        loss = a
        for _ in range(60000):
            loss = loss + a
        loss.backward()
        self.assertEqual(a.grad, 60001.0)
        del loss  # freed without recursion, too

class Memory(ValueCase):
    def living(self):
        """Return how many Values there are, of this program alone."""
        gc.collect()
        return sum(type(thing) is self.Value for thing in gc.get_objects())

    def test_losses_without_a_backward_leave_nothing_behind(self):
        before = self.living()
        for _ in range(300):
            self.model["loss_of"]("abc")
        self.assertEqual(self.living(), before)

    def test_a_graph_goes_with_the_last_name_for_it(self):
        before = self.living()
        loss = self.model["loss_of"]("abc")
        loss.backward()
        self.assertGreater(self.living(), before)
        del loss
        self.assertEqual(self.living(), before)

class ByItself(ValueCase):
    def test_the_example_in_the_docstring(self):
        runner = doctest.DocTestRunner()
        for example in doctest.DocTestFinder().find(self.Value, module=False, globs=self.model):
            runner.run(example)
        self.assertEqual(runner.failures, 0)
        self.assertGreater(runner.tries, 0)

    def test_value_works_when_copied_out_with_its_imports(self):
        imports = re.findall(r"(?m)^(?:import|from) .*\n", SOURCE)
        value = re.search(r"(?ms)^class Value:\n.*?(?=^\S)", SOURCE).group()
        use = "a = Value(3.0)\n(a * a).backward()\nprint(a.grad)\n"
        copy = self.write("value.py", "".join(imports) + value + use)
        printed = subprocess.check_output([sys.executable, str(copy)], encoding="utf-8")
        self.assertEqual(printed, "6.0\n")

if __name__ == "__main__":
    unittest.main()
