#!/usr/bin/env python3
"""Which built-in embedder suits which language?

    pip install numpy polars pyyaml
    python3 benchmarks/languages.py --cladus target/release/cladus --components Components-amd64.yml.gz \\
        [--packages Packages.gz --translations DIR] [--languages de fr …]

Texts in many languages with categories that do not depend on the language: summaries and descriptions of
applications by AppStream (a distribution's `dep11/Components-*.yml.gz`; truth: the main category), and, where
given, of packages by Debian (`Packages.gz`; DIR holds `Translation-de.bz2` and so on from `i18n/`; truth: the
section). Prints for every language the share of texts whose nearest neighbour has their category, with
`minilm`, `static` and `lexical` vectors, of whole texts and of names alone, and the mean lead of each model over
`lexical`. What `auto` takes in which language (crates/embedder/src/tongue.rs) rests on these figures.
"""

import argparse
import bz2
import gzip
import json
import random
import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import yaml

EMBEDDERS = ["minilm", "static", "lexical"]
MAIN = ["AudioVideo", "Development", "Education", "Game", "Graphics", "Network", "Office", "Science", "Settings",
        "System", "Utility"]
# Sections that say how a package is built say nothing of what it is about.
SECTIONS = set("admin comm database editors education electronics fonts games gnome graphics hamradio kde mail math "
               "net news otherosfs science shells sound tex text vcs video web x11".split())
MOST = 600


def sample(rows):
    rows = sorted(rows)
    random.Random(1).shuffle(rows)
    return rows[:MOST]


def applications(path):
    """Language -> rows (name, description, category)."""
    found = defaultdict(list)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for item in yaml.load_all(gzip.open(path), Loader=loader):
        if not item or item.get("Type") != "desktop-application":
            continue
        category = next((c for c in item.get("Categories", []) if c in MAIN), None)
        summaries, descriptions = item.get("Summary") or {}, item.get("Description") or {}
        for language, name in summaries.items():
            # What nobody has translated is English.
            if category and name and (language == "C" or name != summaries.get("C")):
                text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", descriptions.get(language, ""))).strip()
                found[language].append((name, text[:150], category))
    return {language: sample(rows) for language, rows in found.items() if len(rows) >= 200}


def packages(path, folder):
    section, name = {}, None
    for line in gzip.open(path, "rt", encoding="utf8"):
        if line.startswith("Package: "):
            name = line[9:].strip()
        elif line.startswith("Section: "):
            section[name] = line[9:].strip().rsplit("/", 1)[-1]
    found = {}
    for file in sorted(Path(folder).glob("Translation-*.bz2")):
        rows = []
        for entry in bz2.open(file, "rt", encoding="utf8").read().split("\n\n"):
            match = re.match(r"Package: (\S+)\n.*\nDescription-\S+: (.*)((?:\n .*)*)", entry)
            if match and section.get(match[1]) in SECTIONS:
                text = re.sub(r"\s+", " ", match[3].split("\n .\n")[0]).strip()
                rows.append((match[2].strip(), text[:150], section[match[1]]))
        if len(rows) >= 200:
            found[file.stem.split("-", 1)[1]] = sample(rows)
    return found


def vectors(cladus, texts, embedder, folder):
    (folder / "in.jsonl").write_text(
        "".join(json.dumps({"id": str(i), "name": n, "description": d}) + "\n" for i, (n, d) in enumerate(texts)))
    clusters, out = folder / "clusters.parquet", folder / "embeddings.parquet"
    clusters.unlink(missing_ok=True)
    for line in (["import", folder / "in.jsonl", "--out", clusters],
                 ["embed", "--clusters", clusters, "--out", out, "--embedder", embedder]):
        subprocess.run([cladus, *line, "--quiet"], check=True, capture_output=True)
    table = pl.read_parquet(out).sort(pl.col("cluster_id").cast(pl.Int64))
    return np.array(table["embedding"].to_list(), dtype=np.float32)


def accuracy(vectors, truth):
    nearness = vectors @ vectors.T
    np.fill_diagonal(nearness, -2)
    truth = np.array(truth)
    return float((truth[nearness.argmax(1)] == truth).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cladus", required=True)
    parser.add_argument("--components", required=True)
    parser.add_argument("--packages")
    parser.add_argument("--translations")
    parser.add_argument("--languages", nargs="*")
    args = parser.parse_args()
    sets = [("applications", applications(args.components))]
    if args.packages and args.translations:
        sets.append(("packages", packages(args.packages, args.translations)))
    leads = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder:
        for kind, found in sets:
            for language, rows in sorted(found.items()):
                if args.languages and language not in args.languages:
                    continue
                truth = [row[2] for row in rows]
                for form, texts in (("whole", [row[:2] for row in rows]), ("names", [(row[0], "") for row in rows])):
                    share = {e: accuracy(vectors(args.cladus, texts, e, Path(folder)), truth) for e in EMBEDDERS}
                    for model in EMBEDDERS[:-1]:
                        leads[language][model].append(share[model] - share["lexical"])
                    figures = " ".join(f"{e} {share[e]:.3f}" for e in EMBEDDERS)
                    print(f"{kind:12} {language:8} {form} n={len(rows)} {figures}", flush=True)
    print("\nmean lead over lexical")
    for language, lead in sorted(leads.items(), key=lambda item: -np.mean(item[1]["minilm"])):
        print(f"{language:8} " + " ".join(f"{model} {np.mean(lead[model]):+.3f}" for model in EMBEDDERS[:-1]))


if __name__ == "__main__":
    main()
