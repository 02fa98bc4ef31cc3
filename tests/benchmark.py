"""How fast microgpt.py is on this interpreter, and how it compares with another of its kind.

    python tests/benchmark.py
        prints milliseconds a step, nanoseconds per parameter and token, and peak memory
    python tests/benchmark.py OTHER.py
        prints the times from step to step of both, run in turn, and their ratio

OTHER.py is run as it is, in a folder with our input.txt; it need only print `step N / M`.
"""

import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "microgpt.py"
STEP = re.compile(r"step\s+(\d+)\s*/")


def times_of_steps(command, most, folder):
    """Run a program until it has printed `most` steps; return the seconds between them."""
    process = subprocess.Popen(
        [sys.executable, "-u", *map(str, command)],
        cwd=str(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    moments, seen, text = [], 0, b""
    while len(moments) < most:
        part = process.stdout.read1(65536)
        now = time.perf_counter()
        if not part:
            break
        text = (text + part)[-65536:]  # a line may be redrawn in place, with no line end
        found = [int(match.group(1)) for match in STEP.finditer(text.decode("utf-8", "replace"))]
        for step in found:
            if step > seen:
                seen = step
                moments.append(now)
    process.kill()
    process.wait()
    process.stdout.close()
    if len(moments) < 3:
        sys.exit(f"{command[0]} printed fewer than three lines with `step N / M`")
    return [after - before for before, after in zip(moments, moments[1:])]


def per_step(command, most, folder):
    """Return the milliseconds of a step: all of the time, once the first step is through."""
    times = times_of_steps(command, most, folder)
    return sum(times) / len(times) * 1e3


def sizes(steps=40):
    """Print the cost per parameter and token at growing sizes."""
    print("size                      parameters  ms/step  ns per parameter and token")
    docs = documents()
    for n_layer, n_embd in [(1, 16), (1, 32), (2, 32), (2, 64), (4, 64)]:
        knobs = ["--n-layer", n_layer, "--n-embd", n_embd]
        head = run([SCRIPT, *knobs, "--num-steps", 0, "--num-samples", 0])
        count = int(re.search(r"num params: (\d+)", head).group(1))
        n = max(4, min(steps, 400000 // count))
        ms = per_step([SCRIPT, *knobs, "--num-steps", 1000], n, ROOT)
        tokens = statistics.mean(min(len(doc) + 1, 16) for doc in docs[1:n])
        name = f"{n_layer} layers of width {n_embd}".replace("1 layers", "1 layer")
        print(f"{name:24}  {count:10,}  {ms:7.1f}  {ms * 1e6 / count / tokens:10.0f}")


def documents():
    """Return the documents in the order of the default run."""
    code = (
        "import runpy, sys; sys.argv = ['microgpt.py', '--num-steps', '0', '--num-samples', '0'];"
    )
    code += "print(*runpy.run_path('microgpt.py')['docs'][:1000], sep='\\n')"
    return run(["-c", code]).split("\n")[3:-1]


def run(command):
    command = [sys.executable, *map(str, command)]
    return subprocess.check_output(
        command, cwd=str(ROOT), encoding="utf-8", stdin=subprocess.DEVNULL
    )


def peak_memory(*arguments):
    """Return the megabytes that a run takes at its peak."""
    import resource  # not on Windows

    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    peak = int(run(["-c", code, sys.executable, SCRIPT, *arguments]))
    return peak / (2**20 if sys.platform == "darwin" else 2**10), resource


def main():
    name = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{name}, {platform.machine()}")
    if len(sys.argv) > 1:
        other = pathlib.Path(sys.argv[1]).resolve()
        if not other.is_file():
            sys.exit(f"there is no program {sys.argv[1]}")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(str(ROOT / "input.txt"), folder)
            pairs = []
            for _ in range(5):
                pairs.append((per_step([SCRIPT], 100, folder), per_step([other], 30, folder)))
        ours, theirs = (statistics.median(times) for times in zip(*pairs))
        ratio = statistics.median(b / a for a, b in pairs)
        print(
            f"microgpt.py {ours:.2f} ms/step, {other.name} {theirs:.2f} ms/step:"
            f" {ratio:.1f} times as long"
        )
        return
    runs = [per_step([SCRIPT], 300, ROOT) for _ in range(3)]
    print(f"default run: {statistics.median(runs):.2f} ms/step")
    sizes()
    try:
        default, _ = peak_memory()
        untrained, _ = peak_memory("--num-steps", "0", "--num-samples", "400")
    except ImportError:
        print("peak memory: this system does not tell")
        return
    print(
        f"peak memory: {default:.0f} MB for the default run,"
        f" {untrained:.0f} MB for 400 samples untrained"
    )


if __name__ == "__main__":
    main()
