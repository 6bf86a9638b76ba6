"""What the names in a known taxonomy mean, and what a reader calls its categories (see reader.py)."""

import hashlib
import itertools
import json
import re
import threading
from pathlib import Path

WORDINGS = ["{}", "Kinds of {}", "{} in all its forms", "Matters of {}", "{} and the like", "All around {}",
            "{} as a subject", "Everyday {}"]


def rows(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf8").splitlines() if line.strip()]


def number(*parts):
    """A number that follows from these texts: what is arbitrary is the same in every run."""
    said = "\0".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big")


def key(name):
    """Names with one key are one name."""
    return " ".join(re.findall(r"\w+", name.casefold())) or name.strip()


def words(text, most):
    """The first words of a text, without signs that mean something in an answer."""
    return " ".join(re.sub(r"[^\w\s&/+#'-]", " ", text).split()[:most])


def shared(a, b):
    """How many categories two paths have in common."""
    return next((depth for depth, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


class Taxonomy:
    """What names mean: sets of categories, each the path from the top to it."""

    def __init__(self, clusters, truth):
        paths = {str(row["id"]): tuple(row["path"]) for row in truth if row.get("path")}
        self.clusters = {}
        for cluster in clusters:
            if path := paths.get(str(cluster["id"])):
                entry = (key(cluster.get("description") or ""), path)
                self.clusters.setdefault(key(cluster["name"]), []).append(entry)
        self.short, self.wordings, self.meanings = {}, {}, {}
        every = {path[:depth] for path in paths.values() for depth in range(1, len(path) + 1)}
        for path in sorted(every, key=lambda path: (len(path), path)):
            self.enter(path)
        self.lock = threading.Lock()

    def enter(self, path):
        """Finds the wordings of a category that are no cluster's and no other category's."""
        def free(short):
            names = [way.format(short) for way in WORDINGS]
            return [name for name in names if key(name) not in self.clusters and key(name) not in self.meanings]
        own = words(path[-1], 5) or "Signs"
        with_parent = [f"{words(path[-2], 2)} {words(own, 3)}"] if len(path) > 1 else []
        tries = itertools.chain([own], with_parent, (f"{own} {count}" for count in itertools.count(2)))
        self.short[path] = next(short for short in tries if len(free(short)) > len(WORDINGS) // 2)
        self.wordings[path] = free(self.short[path])
        for name in self.wordings[path]:
            self.meanings[key(name)] = frozenset([path])

    def name(self, meaning, salt):
        """What the reader calls these categories in the question that `salt` stands for."""
        paths = sorted(meaning)
        if len(paths) == 1:
            ways = self.wordings[paths[0]]
            return ways[number(salt, *paths[0]) % len(ways)]
        # Not all of them can be in the name. Letters make it this set's own.
        mark, letters = number(*paths), ""
        while len(letters) < 3:
            mark, letter = divmod(mark, 26)
            letters += chr(ord("A") + letter)
        first, second = (words(self.short[path], 3) for path in paths[:2])
        more = f"and others {letters}" if len(paths) > 2 else letters
        name = f"{first} and {second} {more}" if len(paths) == 2 else f"{first}, {second} {more}"
        with self.lock:
            self.meanings[key(name)] = meaning
        return name

    def meaning(self, text):
        """What a name, a name with more behind a colon, or a name with words added to it means."""
        text = re.sub(r" \(\d+ clusters\)$", "", text)
        cuts = [match.start() for match in re.finditer(r": ", text)]
        for end in [len(text), *reversed(cuts)]:
            if found := self.exactly(text[:end], text[end:]):
                return found
        parts = key(text).split()
        for count in range(min(len(parts), 40), 0, -1):
            if found := self.exactly(" ".join(parts[:count]), ""):
                return found
        return frozenset()

    def exactly(self, name, description):
        name = key(name)
        if name in self.meanings:
            return self.meanings[name]
        same = self.clusters.get(name, [])
        said = key(description)[:40]
        # Of clusters of one name, the description tells which is meant.
        told = [path for about, path in same if said and about.startswith(said)]
        return frozenset(told or [path for _, path in same])

    def stands_for(self, candidate):
        """What a category of this name holds: of a cluster's name, only what is that cluster."""
        leaves = key(candidate) not in self.meanings and key(candidate) in self.clusters
        return frozenset(path + (candidate,) for path in self.meaning(candidate)) if leaves else self.meaning(candidate)
