"""The suite: `python -m unittest discover tests`; a part: `python -m unittest tests.test_text`."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))  # where the parts find helpers
