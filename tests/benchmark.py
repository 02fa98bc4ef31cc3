"""Time microgpt.py on this machine, alone or beside another program of its kind.

    python tests/benchmark.py               the time of a training step
    python tests/benchmark.py n_layer=4     the same with another setting
    python tests/benchmark.py OTHER.py      the times of both, run in turn

A figure is the median of five runs, in processor time, so that other programs matter little. The
time is taken from step 50 to step 100, when PyPy has warmed up somewhat. OTHER.py has to print
`step N /` as it trains. Both train on this project's input.txt.
"""

import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

from run_with import SCRIPT, SOURCE, parsed, with_settings

FIRST, LAST = 50, 100  # the steps between which the time is taken
WATCH = """  # runs a program up to a step and prints the milliseconds of the steps before it
import os, re, runpy, sys, time
script, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
stdout, moments = sys.stdout, {}
class Watch:
    def write(self, text):
        for step in map(int, re.findall("step +([0-9]+) */", text)):
            moments.setdefault(step, time.process_time())
            if step == last:
                spent = moments[last] - moments[first]
                print(spent / (last - first) * 1e3, file=stdout, flush=True)
                os._exit(0)
    def flush(self):
        pass
sys.stdout, sys.argv = Watch(), [script]
runpy.run_path(script, run_name="__main__")
"""
SIZE = """
guesses = [min(len(doc) + 1, block_size) for doc in docs[:200]]
print(len(params), sum(guesses) / len(guesses))
"""

def python(*arguments):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.check_output(command, cwd=str(SCRIPT.parent), encoding="utf-8")

def milliseconds(script):
    """Return the time of a training step of a program."""
    printed = python("-c", WATCH, script, FIRST, LAST)
    if not printed:
        sys.exit(f"{script} ended before it printed `step {LAST} /`")
    return float(printed)

def size(source, folder):
    """Return how many parameters a program has and how many tokens a step guesses on average."""
    script = pathlib.Path(folder) / "size.py"
    script.write_text(with_settings(source, num_steps=0, num_samples=0) + SIZE, encoding="utf-8")
    n_params, n_tokens = python(script).split()[-2:]
    return int(n_params), float(n_tokens)

def main(arguments):
    source = with_settings(SOURCE, **dict(parsed(a) for a in arguments if "=" in a))
    others = [pathlib.Path(argument).resolve() for argument in arguments if "=" not in argument]
    for other in others:
        if not other.is_file():
            sys.exit(f"there is no program {other}")
    print(platform.python_implementation(), platform.python_version(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "microgpt.py"
        script.write_text(source, encoding="utf-8")
        if not others:
            ms = statistics.median(milliseconds(script) for _ in range(5))
            n_params, n_tokens = size(source, folder)
            ns = ms * 1e6 / n_params / n_tokens
            print(f"{ms:.1f} ms a step, {n_params} parameters: {ns:.0f} ns per parameter and token")
        for other in others:
            pairs = [(milliseconds(script), milliseconds(other)) for _ in range(5)]
            ours, theirs = map(statistics.median, zip(*pairs))
            ratio = theirs / ours
            print(f"{ours:.1f} ms a step; {other.name}: {theirs:.1f} ms, {ratio:.1f} times as long")

if __name__ == "__main__":
    main(sys.argv[1:])
