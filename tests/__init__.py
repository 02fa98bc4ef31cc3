"""The tests. `python -m unittest discover tests` runs them all, `python tests/test_text.py` a file."""
