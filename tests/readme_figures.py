"""Hold every figure of the README's experiments against what the edited program prints.

    python tests/readme_figures.py        runs all of them, some minutes; exit status 0: as shown
"""

import ast
import pathlib
import re
import sys
import tempfile

from edited import SOURCE, assigned
from helpers import ROOT, run

README = (ROOT / "README.md").read_text(encoding="utf-8")

def experiments():
    """Return the (setting, value, figure) of each row of the table of experiments."""
    rows = re.findall(r"(?m)^\| `(\w+) = ([^`]+)` \| `([^`]+)` \|", README)
    return [(name, ast.literal_eval(value), figure) for name, value, figure in rows]

def shows(setting, value, figure):
    """Tell whether a run prints the figure, whole, on its last step, as a sample or as an error."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "microgpt.py"
        copy.write_text(assigned(SOURCE, **{setting: value}), encoding="utf-8")
        done = run(script=copy)
    steps = re.findall("(?m)^step .*", done.stdout)
    lines = steps[-1:] + re.findall("(?m)^sample .*", done.stdout) + done.stderr.splitlines()[-1:]
    return any(re.search(rf"(?<![\w.]){re.escape(figure)}(?![\w.])", line) for line in lines)

if __name__ == "__main__":
    results = []
    for row in experiments():
        results.append(shows(*row))
        print("as shown" if results[-1] else "NOT AS SHOWN", *row, flush=True)
    sys.exit(not all(results))
