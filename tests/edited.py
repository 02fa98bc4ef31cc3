"""Run a copy of microgpt.py with other settings, as if the lines at its top had been edited.

    python tests/edited.py n_layer=2 temperature=1.0 names.txt

A value is a Python literal or, failing that, the text itself; an argument without "=" is the text
to learn from. `--help` lists the settings. The file itself stays as it is.
"""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "microgpt.py"
SOURCE = SCRIPT.read_text(encoding="utf-8")
SECTION = re.search(r"(?ms)^# %% 1\..*?\n\n", SOURCE).group()
SETTINGS = re.findall(r"(?m)^\w+ = .+$", SECTION)  # the lines, with their comments

class NotOnce(Exception):
    """What should be edited is not in the program exactly once."""

def replaced(source, old, new):
    """Return a source with one quoted piece replaced. NotOnce: it has none of these, or several."""
    if source.count(old) != 1:
        raise NotOnce(f"the program has {source.count(old)} of these, not 1:\n{old}")
    return source.replace(old, new)

def assigned(source, **settings):
    """Return a source with other values assigned at the start of a line. NotOnce: likewise."""
    for name, value in settings.items():
        found = list(re.finditer(rf"(?m)^{re.escape(name)} = .*?( +# .*)?$", source))
        if len(found) != 1:
            raise NotOnce(f"the program has {len(found)} settings named {name}, not 1; see --help")
        start, end = found[0].span()
        source = f"{source[:start]}{name} = {value!r}{found[0].group(1) or ''}{source[end:]}"
    return source

def literal(text):
    """Return the value of a Python literal, or the text itself if it is none."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text

def main(arguments):
    """Run the edited copy and return its exit status; Ctrl-C is left to the copy."""
    if {"-h", "--help"} & {*arguments}:
        print(__doc__, *SETTINGS, sep="\n")
        return 0
    pairs = [argument.split("=", 1) for argument in arguments if re.match(r"\w+=", argument)]
    texts = [argument for argument in arguments if not re.match(r"\w+=", argument)]
    if len(texts) > 1 or any(text.startswith("-") for text in texts):
        sys.exit(f"one text is enough, and settings are name=value: {' '.join(texts)}")
    try:
        source = assigned(SOURCE, **{name: literal(value) for name, value in pairs})
    except NotOnce as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "microgpt.py"
        copy.write_text(source, encoding="utf-8")
        program = subprocess.Popen([sys.executable, str(copy), *texts])
        while True:
            try:
                status = program.wait()
                return status if status >= 0 else 128 - status
            except KeyboardInterrupt:
                pass  # it reaches the copy, too

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
