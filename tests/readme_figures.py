"""Hold every figure of the README's experiments against what the program prints.

    python tests/readme_figures.py        runs all of them: some minutes

Exit status 0: all are as shown. The suite tries the quick ones.
"""

import re
import shlex
import sys

from helpers import ROOT, run

README = (ROOT / "README.md").read_text(encoding="utf-8")

def experiments():
    """Return the (options, figure) of each row of the table of knobs."""
    rows = re.findall(r"^\|(?:[^|\n]*\|){3} `([^`]+)` \| `([^`]+)`", README, re.MULTILINE)
    return [(shlex.split(options), figure) for options, figure in rows]

def shows(options, figure):
    """Tell whether a run prints the figure, whole, on its last step, as a sample or as an error."""
    done = run(*options, cwd=str(ROOT))
    steps = [line for line in done.stdout.splitlines() if line.startswith("step ")]
    rest = [line for line in done.stdout.splitlines() if line not in steps]
    lines = steps[-1:] + rest + done.stderr.splitlines()
    return any(re.search(rf"(?<![\w.]){re.escape(figure)}(?![\w.])", line) for line in lines)

if __name__ == "__main__":
    wrong = 0
    for options, figure in experiments():
        right = shows(options, figure)
        wrong += not right
        print("as shown" if right else "NOT AS SHOWN", *options, "->", figure, flush=True)
    sys.exit(wrong > 0)
