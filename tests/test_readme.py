"""What the README shows is so, and the repository is what it says."""

import contextlib
import io
import math
import re
import shlex
import unittest

from helpers import ROOT, SOURCE, TextCase, default_run, load, losses, run, samples
from readme_figures import README, experiments, shows

KNOBS = re.findall(r"(?m)^(\w+) = .*  # ", SOURCE.split("# %% 2.")[0])

def block(language, words):
    """Return the lines of the one fenced block of a language with these words in it."""
    fenced = re.findall(r"^```(\w*)\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    (found,) = [text for name, text in fenced if name == language and words in text]
    return found.split("\n")

class Shown(TextCase):
    def test_the_output_is_that_of_the_default_run(self):
        shown = block("", "num docs")
        lines = iter(default_run().stdout.splitlines())
        self.assertEqual([line for line in shown if line != "..." and line not in lines], [])
        self.assertGreater(len(shown), 8)
        self.assertLessEqual(max(map(len, shown)), 80)

    def test_the_curve_is_the_mean_of_the_default_run_beside_an_even_guess(self):
        rows = [line.split(" [")[1] for line in block("mermaid", "xychart-beta") if " [" in line]
        steps, means, even = (re.findall(r"[\d.]+", row) for row in rows)
        shown = [mean for _, mean in losses(default_run().stdout)]
        self.assertEqual(steps, ["1"] + [str(n) for n in range(100, 1001, 100)])
        self.assertEqual(means, [shown[int(step) - 1] for step in steps])
        self.assertEqual(set(even), {f"{math.log(27):.4f}"})

    def test_the_six_names_are_new_and_the_known_ones_were_not_trained_on(self):
        docs = load(num_steps=0, num_samples=0)["docs"]
        shown = samples(default_run().stdout)
        names = re.search(r"makes up 20: ([a-z,\s]+) and others", README).group(1)
        self.assertEqual(len(set(re.split(r",\s+", names)) & set(shown) - set(docs)), 6)
        known = {text[: -len("  (known)")] for text in shown if text.endswith("  (known)")}
        self.assertEqual((len(known), known - {*docs}, known & {*docs[:1000]}), (11, set(), set()))

    def test_the_example_of_gradients_prints_what_it_says(self):
        example = block("python", "backward")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec("\n".join(example), self.load())
        said = re.search(r"# ([\d. ]+):", example[-1]).group(1)
        self.assertEqual(output.getvalue(), f"{said}\n")

    def test_the_quick_experiments_come_out_as_shown(self):
        quick = [row for row in experiments() if row[0][1] in ("0", "100") or "finite" in row[1]]
        self.assertEqual((len(experiments()) >= 17, len(quick)), (True, 3))
        self.assertEqual([row for row in quick if not shows(*row)], [])

    def test_the_text_in_hangul_comes_out_as_shown(self):
        command, call = block("", "cities")
        text = re.fullmatch(r"printf '(.*)' > cities.txt", command).group(1).replace("\\n", "\n")
        self.write(text, "cities.txt")
        done = run(*shlex.split(call)[2:], cwd=self.folder)
        self.assertIn(f"\nThis ends with `{done.stdout.splitlines()[-1]}`", README)

class Named(unittest.TestCase):
    def test_the_table_has_every_knob_with_its_default(self):
        part = README.split("| knob |")[1].split("\n\n")[0].replace("TEXT", "text")
        table = dict(re.findall(r"(?m)^\| `?(\w+)`? \| (\S*) ?\|", part))
        defaults = {name: re.search(rf"(?m)^{name} = (\S+)", SOURCE).group(1) for name in KNOBS}
        shown = {name: value.strip('"') or "(empty)" for name, value in defaults.items()}
        self.assertEqual(table, shown)

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
