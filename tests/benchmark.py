"""How fast microgpt.py is on this machine, and how it compares with another of its kind.

    python tests/benchmark.py [n_layer=2 ...]             time, and peak memory
    python tests/benchmark.py OTHER.py [n_layer=2 ...]    times of both, in turn, and the ratio

The settings are those of a copy of microgpt.py; OTHER.py is run as it is, in a folder with our
input.txt, and need only print `step N /`. All times are processor time, taken inside the measured
process, so that other programs on the machine change the ratio little; medians of five runs.
"""

import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from edited import SCRIPT, SOURCE, assigned, literal

INPUT = SCRIPT.with_name("input.txt")
SIZES = """import runpy, sys
names = runpy.run_path(sys.argv.pop())
guesses = [min(len(doc) + 1, names["block_size"]) for doc in names["docs"][1:200]]
print(len(names["params"]) * sum(guesses) / len(guesses))"""
MEMORY = """import resource, subprocess, sys
subprocess.check_output([sys.executable, *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10  # in what ru_maxrss counts
WATCH = """  # runs a program and prints the processor time from its first step to another
import os, re, runpy, sys, time
last, stdout, moments = int(sys.argv.pop(1)), sys.stdout, {}
class Watch:
    def write(self, text):
        for step in map(int, re.findall("step +([0-9]+) */", text)):
            moments.setdefault(step, time.process_time())
            if step == last:
                stdout.write(str(moments[last] - moments[1]))
                stdout.flush()
                os._exit(0)
    def flush(self):
        pass
sys.stdout, sys.argv = Watch(), sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

def python(*command, folder=INPUT.parent):
    command = [sys.executable, *map(str, command)]
    return subprocess.check_output(command, cwd=str(folder), encoding="utf-8")

def copied(folder, **settings):
    """Write a copy of the program with these settings into a folder and return its path."""
    copy = pathlib.Path(folder) / "microgpt.py"
    copy.write_text(assigned(SOURCE, **settings), encoding="utf-8")
    return copy

def per_step(script, last=200, folder=INPUT.parent):
    """Return the milliseconds of processor time of a step, from the end of the first to `last`."""
    printed = python("-c", WATCH, last, script, folder=folder)
    if not printed:
        sys.exit(f"{script} ended before it printed `step {last} /`")
    return float(printed) / (last - 1) * 1e3

def compare(other, settings, folder):
    """Print the times of a copy and of another program, and their ratio."""
    if not other.is_file():
        sys.exit(f"there is no program {other}")
    shutil.copy(str(INPUT), folder)
    copy, pairs = copied(folder, **settings), []
    for _ in range(5):
        ours = per_step(copy, last=100, folder=folder)
        pairs.append((ours, per_step(other, last=30, folder=folder)))
    ours, theirs = (statistics.median(times) for times in zip(*pairs))
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    print(f"microgpt.py {ours:.2f} ms/step, {other.name} {theirs:.2f}: {ratio:.1f} times as long")

def report(settings, folder):
    """Print the time of a step, the cost of a parameter and token, and the memory of two runs."""
    ms = statistics.median(per_step(copied(folder, **settings)) for _ in range(5))
    untrained = {**settings, "num_steps": 0, "num_samples": 400}
    shown = python("-c", SIZES, copied(folder, **{**untrained, "num_samples": 0}))
    ns = ms * 1e6 / float(shown.splitlines()[-1])
    print(f"{ms:.2f} ms/step, {ns:.0f} ns per parameter and token", flush=True)
    for name, changes in (("the run", settings), ("400 samples untrained", untrained)):
        peak = int(python("-c", MEMORY, copied(folder, **changes)))
        print(f"peak memory of {name}: {peak / MEGABYTE:.0f} MB")

if __name__ == "__main__":
    pairs = [argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument]
    settings = {name: literal(value) for name, value in pairs}
    others = [pathlib.Path(argument).resolve() for argument in sys.argv[1:] if "=" not in argument]
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    processor = (re.findall(r"model name\s*: (.*)", text) or [platform.processor()])[0]
    print(platform.python_implementation(), platform.python_version(), platform.system(), processor)
    with tempfile.TemporaryDirectory() as folder:
        if others:
            compare(others[0], settings, folder)
        else:
            report(settings, folder)
