"""The figures are the reference's, digit for digit, and the same on every Python."""

import re

from helpers import ROOT, TextCase, default_run, figures, run


def golden(name):
    return (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()

class Golden(TextCase):
    def test_the_default_run_prints_the_figures_of_the_reference(self):
        done, expected = default_run(), golden("golden.txt")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(expected), 3 + 1000 + 20)
        self.assertEqual(figures(done.stdout), expected)

    def test_high_learning_rates_print_the_same_on_every_python(self):
        """As of Python 3.12, sum() rounds floats in another way; at these rates it would show."""
        expected, count = golden("golden_rates.txt"), 0
        for title in [line for line in expected if line.startswith("learning_rate")]:
            rate, steps = re.findall(r"[\d.]+", title)
            copy = self.copy(learning_rate=float(rate), num_steps=int(steps), num_samples=0)
            shown = figures(run(script=copy).stdout)[3:]
            start = expected.index(title) + 1
            self.assertEqual(shown, expected[start : start + int(steps)], title)
            count += len(shown)
        self.assertEqual(count, 300)
