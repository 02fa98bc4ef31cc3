"""The default run is the reference's: 1,000 losses and 20 samples, digit for digit."""

import functools
import re
import unittest

from helpers import ROOT, run, samples, steps

GOLDEN = (ROOT / "tests" / "golden.txt").read_text()


@functools.lru_cache(maxsize=None)
def default_run():
    """Return the finished process of a run without options; other tests look at it too."""
    return run()


class Golden(unittest.TestCase):
    def test_the_default_run_prints_the_figures_of_the_reference(self):
        done = default_run()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        expected = re.findall(r"loss ([\d.]+)", GOLDEN)
        self.assertEqual(len(expected), 1000)
        self.assertEqual([loss for loss, _ in steps(done.stdout)], expected)
        self.assertEqual(done.stdout.splitlines()[:3], GOLDEN.splitlines()[:3])
        names = [text.replace("  (known)", "") for text in samples(done.stdout)]
        self.assertEqual(names, samples(GOLDEN))
        self.assertEqual(
            done.stdout.splitlines()[-1], "9 of 20 samples are new, the others stand in input.txt"
        )
        self.assertEqual(steps(done.stdout)[-1], ("2.6497", "2.2761"))
