"""``python -m cladus`` is the program ``cladus``."""

from ._binary import become

if __name__ == "__main__":
    become("cladus")
