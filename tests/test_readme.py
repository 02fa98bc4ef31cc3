"""The README shows what the program prints, and says what is so."""

import re
import shlex
import unittest

from helpers import ROOT, SCRIPT, TextCase, load, run
from readme_figures import README, blocks, compare, experiments, shown_in_order
from test_golden import default_run

SOURCE = SCRIPT.read_text(encoding="utf-8")


class Readme(TextCase):
    def test_it_has_the_two_commands(self):
        self.assertEqual(blocks()[0], ["python microgpt.py", "python -m unittest discover tests"])

    def test_the_output_shown_is_that_of_the_default_run(self):
        shown = blocks()[1]
        self.assertGreater(len(shown), 12)
        self.assertIsNone(shown_in_order(shown, default_run().stdout))

    def test_the_quick_experiments_print_what_is_shown(self):
        self.assertGreaterEqual(len(experiments()), 8)
        quick = [pair for pair in experiments() if pair[0][1] in ("0", "100")]
        self.assertEqual(len(quick), 2)
        for options, figure in quick:
            self.assertTrue(compare(options, figure), options)

    def test_the_non_latin_example_is_as_written(self):
        (command, call), shown = [block for block in blocks() if "cities.txt" in str(block)]
        text = re.fullmatch(r"printf '(.*)' > cities.txt", command).group(1).replace("\\n", "\n")
        self.write(text, "cities.txt")
        done = run(*shlex.split(call)[2:], cwd=str(self.folder))
        self.assertEqual(done.stdout.splitlines()[-len(shown) :], shown)

    def test_what_it_says_of_the_known_samples_is_so(self):
        model = load("--num-steps", 0, "--num-samples", 0)
        output = default_run().stdout
        known = re.findall(r"^sample +\d+: (\S*)  \(known\)$", output, re.M)
        self.assertEqual(len(known), 11)
        self.assertFalse(set(known) & set(model["docs"][:1000]))
        self.assertTrue(set(known) <= set(model["docs"]))

    def test_every_option_it_names_exists_and_every_part_is_described(self):
        for option in re.findall(r"(?<=[ `])--[a-z][a-z-]+", README):
            self.assertTrue(f'"{option}"' in SOURCE or option in ("--help", "--to"), option)
        parts = re.findall(r"^# %% (\d+)\. ([^:\n]*)", SOURCE, re.M)
        told = re.findall(r"^(\d+)\. \*\*(.*?)\.\*\*", README, re.M)
        self.assertEqual(told, parts)

    def test_every_name_of_the_pytorch_table_is_in_the_file(self):
        table = README.split("## The same in PyTorch")[1].split("##")[0]
        for cell in re.findall(r"^\| (.*?) \|", table, re.M)[1:]:
            for name in re.findall(r"`([\w.]+)", cell):
                self.assertIn(name.split(".")[-1], SOURCE)

    def test_every_file_it_links_to_is_there(self):
        for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
            self.assertTrue((ROOT / target).exists(), target)


class Repository(unittest.TestCase):
    def test_the_file_is_narrow_enough_to_read(self):
        self.assertLessEqual(max(map(len, SOURCE.splitlines())), 100)

    def test_it_imports_the_standard_library_only(self):
        imported = re.findall(r"^\s*(?:import|from) (\w+)", SOURCE, re.M)
        known = "argparse collections http io math operator os random sys urllib".split()
        self.assertEqual(sorted(set(imported)), known)
