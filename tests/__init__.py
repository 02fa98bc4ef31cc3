"""The tests. `python -m unittest discover tests` runs all of them."""
