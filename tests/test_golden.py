"""The default run is the reference's: 1,000 losses and 20 samples, digit for digit."""

import re
import unittest

from helpers import ROOT, default_run


class Golden(unittest.TestCase):
    def test_the_default_run_prints_the_figures_of_the_reference(self):
        done = default_run()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        golden = (ROOT / "tests" / "golden.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(golden), 3 + 1000 + 20)
        shown = re.sub(r" \| mean [\d.]+$|  \(known\)$", "", done.stdout, flags=re.MULTILINE)
        self.assertEqual(shown.splitlines(), golden)
