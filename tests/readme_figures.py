"""Hold every figure and every output that the README shows against what the program prints.

    python tests/readme_figures.py        runs all of them: a few minutes

Exit status 0: all are as shown. The suite tries the quick ones.
"""

import re
import shlex
import sys

from helpers import ROOT, run

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPERIMENT = re.compile(r"^- `python microgpt\.py ([^`]+)`\s→\s`([^`]+)`", re.MULTILINE)


def experiments():
    """Return the (options, figure) of each experiment."""
    return [(shlex.split(options), figure) for options, figure in EXPERIMENT.findall(README)]


def blocks():
    """Return the lines of each fenced block of commands or output."""
    fenced = re.findall(r"^```(\w*)\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    return [text.split("\n") for language, text in fenced if not language]


def stands_in(figure, output):
    """Tell whether a figure stands whole in the output: at the end or beginning of a line, say."""
    return re.search(rf"(?<![\w.]){re.escape(figure)}(?![\w.])", output) is not None


def compare(options, figure):
    done = run(*options, cwd=str(ROOT))
    return done.returncode == 0 and stands_in(figure, done.stdout)


def shown_in_order(lines, output):
    """Return the first shown line that the output does not have after the others, or None."""
    rest = iter(output.splitlines())
    for line in lines:
        if line != "..." and line not in rest:
            return line
    return None


if __name__ == "__main__":
    wrong = 0
    for options, figure in experiments():
        right = compare(options, figure)
        wrong += not right
        print("as shown" if right else "NOT AS SHOWN", *options, "->", figure, flush=True)
    sys.exit(wrong > 0)
