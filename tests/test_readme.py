"""What the README shows is so, and the repository is what it says."""

import contextlib
import io
import math
import re
import shlex
import unittest

from helpers import ROOT, SCRIPT, TextCase, default_run, load, losses, run, samples
from readme_figures import README, experiments, shows

SOURCE = SCRIPT.read_text(encoding="utf-8")
KNOBS = re.findall(r"(?m)^(\w+) = .*  # ", SOURCE.split("# %% 2.")[0])

def blocks(language=""):
    """Return the lines of each fenced block."""
    fenced = re.findall(r"^```(\w*)\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    return [text.split("\n") for name, text in fenced if name == language]

class Shown(TextCase):
    def test_the_output_is_that_of_the_default_run(self):
        (shown,) = [block for block in blocks() if block[0].startswith("num docs")]
        lines = iter(default_run().stdout.splitlines())
        self.assertEqual([line for line in shown if line != "..." and line not in lines], [])
        self.assertGreater(len(shown), 8)
        self.assertLessEqual(max(map(len, shown)), 80)

    def test_the_curve_is_the_mean_of_the_default_run_beside_an_even_guess(self):
        (chart,) = [block for block in blocks("mermaid") if "xychart-beta" in block]
        rows = [line.split(" [")[1] for line in chart if " [" in line]
        steps, means, even = (re.findall(r"[\d.]+", row) for row in rows)
        shown = [mean for _, mean in losses(default_run().stdout)]
        self.assertEqual(steps, ["1"] + [str(n) for n in range(100, 1001, 100)])
        self.assertEqual(means, [shown[int(step) - 1] for step in steps])
        self.assertEqual(set(even), {f"{math.log(27):.4f}"})

    def test_the_six_names_are_new_and_the_known_ones_were_not_trained_on(self):
        docs = load("--num-steps", 0, "--num-samples", 0)["docs"]
        shown = samples(default_run().stdout)
        names = re.search(r"makes up 20: ([a-z,\s]+) and others", README).group(1)
        self.assertEqual(len(set(re.split(r",\s+|\s+and ", names)) & set(shown) - set(docs)), 6)
        known = {text[: -len("  (known)")] for text in shown if text.endswith("  (known)")}
        self.assertEqual(len(known & set(docs)), len(known))
        self.assertEqual((len(known), known & set(docs[:1000])), (11, set()))

    def test_the_example_of_gradients_prints_what_it_says(self):
        (example,) = blocks("python")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec("\n".join(example), self.load())
        said = re.search(r"# ([\d. ]+):", example[-1]).group(1)
        self.assertEqual(output.getvalue(), f"{said}\n")

    def test_the_quick_experiments_come_out_as_shown(self):
        tried = experiments()
        self.assertGreaterEqual(len(tried), 17)
        quick = [row for row in tried if row[0][1] in ("0", "100") or "finite" in row[1]]
        self.assertEqual(len(quick), 3)
        for row in quick:
            self.assertTrue(shows(*row), row)

    def test_the_text_in_hangul_comes_out_as_shown(self):
        ((command, call),) = [block for block in blocks() if "cities" in block[0]]
        text = re.fullmatch(r"printf '(.*)' > cities.txt", command).group(1).replace("\\n", "\n")
        self.write(text, "cities.txt")
        done = run(*shlex.split(call)[2:], cwd=str(self.folder))
        self.assertIn(f"\nThis ends with `{done.stdout.splitlines()[-1]}`", README)

class Named(unittest.TestCase):
    def test_the_table_has_every_knob_with_its_default(self):
        part = README.split("| knob |")[1].split("\n\n")[0]
        rows = re.findall(r"(?m)^\| `?(\w+)`? \| (\S*) ?\|", part)
        table = {name.replace("TEXT", "text"): default for name, default in rows}
        self.assertEqual(sorted(table), sorted(KNOBS))
        for name, default in table.items():
            self.assertIn(f"\n{name} = ", SOURCE)
            written = re.search(rf"(?m)^{name} = (\S+)", SOURCE).group(1).strip('"')
            self.assertEqual(default.replace("(empty)", ""), written)

    def test_every_option_every_name_and_every_file_is_there(self):
        for option in re.findall(r"(?<=[ `])--([a-z][a-z-]+)", README):
            self.assertIn(option.replace("-", "_"), KNOBS)
        for cell in re.findall(r"(?m)^\| (.*?) \|", README.split("in `torch`")[1]):
            for name in re.findall(r"`(\w+)[^`]*`", cell):
                self.assertRegex(SOURCE, rf"\b{name}\b")
        for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
            self.assertTrue((ROOT / target).exists(), target)

    def test_the_file_is_an_essay_of_320_lines_of_100_columns_on_the_standard_library_alone(self):
        lines = SOURCE.splitlines()
        self.assertLessEqual((len(lines), max(map(len, lines))), (320, 100))
        imported = re.findall(r"(?m)^\s*(?:import|from) (\w+)", SOURCE)
        self.assertEqual(imported, ["argparse", "math", "random", "sys", "pathlib", "urllib"])
