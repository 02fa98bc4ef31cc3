"""Measure the README's experiments: what a setting does to the loss of names held out of training.

    python tests/experiments.py n_layer=2     one row of the table
    python tests/experiments.py               all rows, held against the README: some minutes
    python tests/experiments.py --curve       the default run after every 100 steps

The held-out names are the last 1,000 of the default run's shuffle, the same for every row. Those
that a run has also trained on (the list repeats some) are left out. Differences from the default
run are taken name by name, so that hard names count the same on both sides. The figure after each
± is the standard error. What changes the model or its training is measured with three seeds.
"""

import concurrent.futures
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

from run_with import SCRIPT, SOURCE, parsed, settings_of, with_edits, with_settings

README = SCRIPT.with_name("README.md")
ROWS = [
    {},
    {"n_layer": 2},
    {"n_embd": 4},
    {"n_head": 1},
    {"num_steps": 0},
    {"num_steps": 100},
    {"num_steps": 5000},
    {"learning_rate": 0.0001},
    {"learning_rate": 0.1},
    {"learning_rate": 1.0},
    {"temperature": 0.1},
    {"temperature": 3.0},
    {"seed": 1},
]
ONE_SEED = {"seed", "temperature"}  # changes to anything else are measured with three
MEASURE = 'for doc in {}:\n    print("held out:", loss_of(doc).data)\n'

def shuffled(seed):
    """Return the names in the order in which a run with this seed trains on them."""
    names = SCRIPT.with_name("input.txt").read_text(encoding="utf-8").split()
    random.Random(seed).shuffle(names)
    return names

HELD_OUT = shuffled(42)[-1000:]

def run(source):
    """Run a program's source in the project's folder and return its output and its errors."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "microgpt.py"
        copy.write_text(source, encoding="utf-8")
        command = [sys.executable, str(copy)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        return subprocess.Popen(command, cwd=str(SCRIPT.parent), **pipes).communicate()

def printed_losses(output):
    return [float(loss) for loss in re.findall(r"held out: (.*)", output)]

def measured(settings):
    """Run with these settings. Return the last words of the run and the loss of each held-out name,
    None for those it was trained on.
    """
    values = {**settings_of(SOURCE), **settings}
    trained = set(shuffled(values["seed"])[: values["num_steps"]])
    new = [name for name in HELD_OUT if name not in trained]
    output, errors = run(with_settings(SOURCE, **settings) + MEASURE.format(new))
    loss_of = dict(zip(new, printed_losses(output)))
    return last_words(settings, output, errors), [loss_of.get(name) for name in HELD_OUT]

def last_words(settings, output, errors):
    """Return the name of the error, or the last sample, or the last mean, as the row shows it."""
    if errors:
        return errors.splitlines()[-1].split(":")[0]
    if "temperature" in settings or settings.get("num_steps") == 0:
        return re.findall(r"(?m)^sample.*", output)[-1]
    return re.findall(r"mean [\d.]+", output)[-1]

def runs_of(row):
    """Return the settings of each run of a row, and beside them those of the default run."""
    seeds = [42, 1, 2] if row.keys() - ONE_SEED else [42]
    return [({"seed": seed, **row}, {"seed": seed}) for seed in seeds]

def with_error(numbers, sign=""):
    """Return the mean of the numbers and its standard error, as text."""
    error = statistics.stdev(numbers) / len(numbers) ** 0.5
    return f"{statistics.mean(numbers):{sign}.3f} ± {error:.3f}"

def difference(pairs):
    """Return how far the first losses of each pair lie above the second ones, as text."""
    differences = [[a - b for a, b in zip(*pair) if a and b] for pair in pairs]
    if len(differences) == 1:
        return with_error(differences[0], "+")
    means = sorted(map(statistics.mean, differences))
    return f"{means[0]:+.3f} to {means[-1]:+.3f}"

def table(rows):
    """Measure all rows and return each as it stands in the README, up to the lesson."""
    runs = {str(run): run for row in rows for pair in runs_of(row) for run in pair}
    print(f"{len(runs)} runs, one after another on each core", file=sys.stderr)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(runs, pool.map(measured, runs.values())))
    lines = []
    for row in rows:
        words, losses = results[str(runs_of(row)[0][0])]
        change = ", ".join(f"`{name} = {value}`" for name, value in row.items()) or "nothing"
        columns = [change, f"`{words}`", "", ""]
        if any(losses):
            columns[2] = with_error([loss for loss in losses if loss])
        if any(losses) and row and "temperature" not in row:
            pairs = [[results[str(run)][1] for run in pair] for pair in runs_of(row)]
            columns[3] = difference(pairs)
        lines.append("| " + " | ".join(columns) + " |")
    return lines

def curve(names, source=SOURCE):
    """Return the mean loss of the names before training and after every 100 steps."""
    measure = MEASURE.format(names)
    within = "    if (step + 1) % 100 == 0:\n        " + measure.strip().replace("\n", "\n        ")
    first, then = "losses = []\n", "    losses.append(loss)\n"
    output, _ = run(with_edits(source, (first, first + measure), (then, then + within + "\n")))
    losses = printed_losses(output)
    starts = range(0, len(losses), len(names))
    return [statistics.mean(losses[start : start + len(names)]) for start in starts]

def main(arguments):
    if arguments == ["--curve"]:
        trained = set(shuffled(42)[:1000])
        losses = curve([name for name in HELD_OUT if name not in trained])
        print(*(f"{100 * i} {loss:.4f}" for i, loss in enumerate(losses)), sep="\n")
    elif arguments:
        print(*table([{}, dict(map(parsed, arguments))]), sep="\n")
    else:
        readme = README.read_text(encoding="utf-8")
        different = [line for line in table(ROWS) if print(line) or line not in readme]
        if different:
            sys.exit("not so in the README:\n" + "\n".join(different))

if __name__ == "__main__":
    main(sys.argv[1:])
