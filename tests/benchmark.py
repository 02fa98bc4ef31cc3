"""How fast microgpt.py is on this machine, and how it compares with another of its kind.

    python tests/benchmark.py [n_layer=2 ...]
        prints milliseconds a step, nanoseconds per parameter and token, and peak memory
    python tests/benchmark.py OTHER.py [n_layer=2 ...]
        prints the milliseconds a step of both, run in turn, and their ratio

Settings are those of a copy of microgpt.py; OTHER.py is run as it is, in a folder with our
input.txt, and need only print `step N /`. All times are processor time, taken inside the measured
process, so that other programs on the machine change the ratio little; medians of five runs.
"""

import json
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from edited import SCRIPT, SOURCE, assigned, literal

ROOT = SCRIPT.parent
LENGTHS = "import runpy, sys; docs = runpy.run_path(sys.argv.pop())['docs']; print(*map(len, docs))"
WATCH = """  # runs a program until a step, and prints the processor time between its steps
import json, os, re, runpy, sys, time

class Watch:
    def __init__(self, stdout, last):
        self.stdout, self.last, self.seen, self.moments = stdout, last, 0, []
    def write(self, text):
        found = re.search(r"step +([0-9]+) */", text)
        if found and int(found.group(1)) > self.seen:
            self.seen = int(found.group(1))
            self.moments.append(time.process_time())
            if self.seen == self.last:
                self.stdout.write(json.dumps(self.moments))
                self.stdout.flush()
                os._exit(0)
    def flush(self):
        pass

sys.stdout, sys.argv = Watch(sys.stdout, int(sys.argv[1])), sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

def python(*command, folder=ROOT):
    command = [sys.executable, *map(str, command)]
    return subprocess.check_output(
        command, cwd=str(folder), encoding="utf-8", stdin=subprocess.DEVNULL
    )

def copied(folder, **settings):
    """Write a copy of the program with these settings into a folder and return its path."""
    copy = pathlib.Path(folder) / "microgpt.py"
    copy.write_text(assigned(SOURCE, **settings), encoding="utf-8")
    return copy

def per_step(script, last=200, folder=ROOT):
    """Return the milliseconds of processor time of a step, from the end of the first to `last`."""
    printed = python("-c", WATCH, last, script, folder=folder)
    if not printed:
        sys.exit(f"{script} ended before it printed `step {last} /`")
    moments = json.loads(printed)
    return (moments[-1] - moments[0]) / (last - 1) * 1e3

def compare(other, settings):
    """Print the times of a copy and of another program, and their ratio."""
    if not other.is_file():
        sys.exit(f"there is no program {other}")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(str(ROOT / "input.txt"), folder)
        copy, pairs = copied(folder, **settings), []
        for _ in range(5):
            ours = per_step(copy, last=100, folder=folder)
            pairs.append((ours, per_step(other, last=30, folder=folder)))
    ours, theirs = (statistics.median(times) for times in zip(*pairs))
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    print(f"microgpt.py {ours:.2f} ms/step, {other.name} {theirs:.2f}: {ratio:.1f} times as long")

def sizes(settings):
    """Print the cost per parameter and token at growing sizes."""
    print("size                      parameters  ms/step  ns per parameter and token")
    for n_layer, n_embd in [(1, 16), (1, 32), (2, 32), (2, 64), (4, 64)]:
        size = {**settings, "n_layer": n_layer, "n_embd": n_embd}
        with tempfile.TemporaryDirectory() as folder:
            untrained = copied(folder, **{**size, "num_steps": 0, "num_samples": 0})
            shown = python("-c", LENGTHS, untrained)
            count = int(re.search(r"num params: (\d+)", shown).group(1))
            tokens = [int(length) + 1 for length in shown.splitlines()[-1].split()]
            last = max(5, min(200, 1000000 // count))
            ms = per_step(copied(folder, **size), last=last)
        cost = ms * 1e6 / count / statistics.mean(tokens[1:last])
        print(f"{f'{n_layer} x {n_embd}':24}  {count:10,}  {ms:7.1f}  {cost:10.0f}", flush=True)

def peak_memory(**settings):
    """Return the megabytes that a run takes at its peak. ImportError: this system does not tell."""
    import resource  # noqa: F401  not on Windows

    code = "import resource, subprocess, sys; subprocess.check_output(sys.argv[1:]);"
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    with tempfile.TemporaryDirectory() as folder:
        peak = int(python("-c", code, sys.executable, copied(folder, **settings)))
    return peak / (2**20 if sys.platform == "darwin" else 2**10)

def machine():
    """Return the interpreter, the system and, where the system tells, the processor."""
    try:
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        processor = re.search(r"model name\s*: (.*)", cpuinfo).group(1)
    except (OSError, AttributeError):
        processor = platform.processor()
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{version}, {platform.system()} {platform.machine()}, {processor}"

def main(arguments):
    pairs = [argument.split("=", 1) for argument in arguments if "=" in argument]
    settings = {name: literal(value) for name, value in pairs}
    others = [pathlib.Path(argument).resolve() for argument in arguments if "=" not in argument]
    print(machine())
    if others:
        compare(others[0], settings)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(folder, **settings)
        print(f"{statistics.median(per_step(copy) for _ in range(5)):.2f} ms/step", flush=True)
    sizes(settings)
    try:
        print(f"peak memory of a run: {peak_memory(**settings):.0f} MB", flush=True)
        untrained = {**settings, "num_steps": 0, "num_samples": 400}
        print(f"peak memory of 400 samples untrained: {peak_memory(**untrained):.0f} MB")
    except ImportError:
        print("peak memory: this system does not tell")

if __name__ == "__main__":
    main(sys.argv[1:])
