"""The default run is the reference's: 1,000 losses and 20 samples, digit for digit."""

import re
import unittest

from helpers import ROOT, default_run, losses, samples

class Golden(unittest.TestCase):
    def test_the_default_run_prints_the_figures_of_the_reference(self):
        golden = (ROOT / "tests" / "golden.txt").read_text(encoding="utf-8")
        done = default_run()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual((lines[:3], len(lines)), (golden.splitlines()[:3], 1023))
        expected = re.findall(r"loss ([\d.]+)", golden)
        self.assertEqual(len(expected), 1000)
        self.assertEqual([loss for loss, _ in losses(done.stdout)], expected)
        names = [text.replace("  (known)", "") for text in samples(done.stdout)]
        self.assertEqual(names, samples(golden))
