"""Run microgpt.py with other settings, without touching the file: a copy is edited and run.

    python tests/run_with.py n_layer=2 num_steps=200 names.txt

A value is written as in the file, except that text needs no quotes. An argument without "=" is the
text to learn from. `--help` lists the settings.
"""

import ast
import pathlib
import re
import runpy
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "microgpt.py"
SOURCE = SCRIPT.read_text(encoding="utf-8")

def settings_of(source):
    """Return the settings, {name: value}: the constants assigned at the top level of a program."""
    assignments = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    constants = [node for node in assignments if isinstance(node.value, ast.Constant)]
    return {node.targets[0].id: node.value.value for node in constants}

def with_settings(source, **settings):
    """Return the source with other values for these settings. LookupError: there is no such one."""
    for name, value in settings.items():
        if name not in settings_of(source):
            raise LookupError(f"there is no setting named {name}; --help lists them")
        old = re.search(rf"(?m)^{name} = \S+", source).group()
        source = source.replace(f"\n{old}", f"\n{name} = {value!r}", 1)
    return source

def with_edits(source, *edits):
    """Return the source with each (old, new) edit made. LookupError: old is not there just once."""
    for old, new in edits:
        if source.count(old) != 1:
            raise LookupError(f"the program has {source.count(old)} of these, not one:\n{old}")
        source = source.replace(old, new)
    return source

def parsed(argument):
    """Return the name and the value in `name=value`. What is no Python literal is a text."""
    name, text = argument.split("=", 1)
    try:
        return name, ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return name, text

def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__)
        for name in settings_of(SOURCE):
            print(re.search(rf"(?m)^{name} = .*", SOURCE).group())
        return
    texts = [argument for argument in arguments if "=" not in argument]
    if len(texts) > 1 or any(text.startswith("-") for text in texts):
        sys.exit(f"expected name=value and at most one text, got: {' '.join(texts)}")
    try:
        source = with_settings(SOURCE, **dict(parsed(a) for a in arguments if "=" in a))
    except LookupError as error:
        sys.exit(error.args[0])
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "microgpt.py"
        copy.write_text(source, encoding="utf-8")
        sys.argv[1:] = texts
        runpy.run_path(str(copy), run_name="__main__")

if __name__ == "__main__":
    main(sys.argv[1:])
