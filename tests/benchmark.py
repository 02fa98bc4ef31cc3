"""How fast microgpt.py is on this interpreter, and how it compares with another of its kind.

    python tests/benchmark.py
        prints milliseconds a step, nanoseconds per parameter and token, and peak memory
    python tests/benchmark.py OTHER.py
        prints the milliseconds a step of both, run in turn, and their ratio

All times are processor time, taken inside the measured process, so that other programs on the
machine change the ratio little. OTHER.py is run as it is, in a folder with our input.txt; it need
only print `step N /`. Watching for that is part of the time: some microseconds a step, for both.
"""

import json
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "microgpt.py"

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

def per_step(script, *arguments, last=200, folder=ROOT):
    """Return the milliseconds of processor time of a step, from the end of the first to `last`."""
    printed = python("-c", WATCH, last, script, *arguments, folder=folder)
    if not printed:
        sys.exit(f"{script} ended before it printed `step {last} /`")
    moments = json.loads(printed)
    return (moments[-1] - moments[0]) / (last - 1) * 1e3

def compare(other):
    if not other.is_file():
        sys.exit(f"there is no program {other}")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(str(ROOT / "input.txt"), folder)
        pairs = []
        for _ in range(5):
            ours = per_step(SCRIPT, last=100, folder=folder)
            pairs.append((ours, per_step(other, last=30, folder=folder)))
    ours, theirs = (statistics.median(times) for times in zip(*pairs))
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    print(f"microgpt.py {ours:.2f} ms/step, {other.name} {theirs:.2f}: {ratio:.1f} times as long")

def sizes():
    """Print the cost per parameter and token at growing sizes."""
    print("size                      parameters  ms/step  ns per parameter and token")
    code = "import runpy, sys; sys.argv = ['microgpt.py', '--num-steps=0', '--num-samples=0'];"
    code += "docs = runpy.run_path('microgpt.py', run_name='__main__')['docs'][:200];"
    code += "print(*map(len, docs))"
    lengths = [int(length) + 1 for length in python("-c", code).splitlines()[-1].split()]
    for n_layer, n_embd in [(1, 16), (1, 32), (2, 32), (2, 64), (4, 64)]:
        knobs = ["--n-layer", n_layer, "--n-embd", n_embd]
        shown = python(SCRIPT, *knobs, "--num-steps", 0, "--num-samples", 0)
        count = int(shown.split("num params: ")[1])
        last = max(5, min(200, 1000000 // count))
        ms = per_step(SCRIPT, *knobs, last=last)
        cost = ms * 1e6 / count / statistics.mean(lengths[1:last])
        print(f"{f'{n_layer} x {n_embd}':24}  {count:10,}  {ms:7.1f}  {cost:10.0f}")

def peak_memory(*arguments):
    """Return the megabytes that a run takes at its peak. ImportError: this system does not tell."""
    import resource  # noqa: F401  not on Windows

    code = "import resource, subprocess, sys; subprocess.check_output(sys.argv[1:]);"
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    peak = int(python("-c", code, sys.executable, SCRIPT, *arguments))
    return peak / (2**20 if sys.platform == "darwin" else 2**10)

if __name__ == "__main__":
    print(platform.python_implementation(), platform.python_version(), platform.machine())
    if len(sys.argv) > 1:
        compare(pathlib.Path(sys.argv[1]).resolve())
    else:
        runs = [per_step(SCRIPT) for _ in range(5)]
        print(f"default run: {statistics.median(runs):.2f} ms/step")
        sizes()
        try:
            for name, arguments in [
                ("the default run", []),
                ("400 samples untrained", ["--num-steps", 0, "--num-samples", 400]),
            ]:
                print(f"peak memory of {name}: {peak_memory(*arguments):.0f} MB")
        except ImportError:
            print("peak memory: this system does not tell")
