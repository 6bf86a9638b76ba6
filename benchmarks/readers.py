#!/usr/bin/env python3
"""What does the pipeline lose where whoever answers its questions does not err?

    python3 benchmarks/readers.py --cladus target/release/cladus --data FOLDER [--slip 0 0.05] [--ablations]
        [--baseline OTHER_BINARY] [--synthetic 2000] [--sets NAME ...] [--repeat 5] [--no-scopes]
        [--args --max-clusters 8 ...]

FOLDER has folders with `clusters.jsonl` and `truth.jsonl`, as `cladus eval --truth` takes it. Of each a
tree is built with benchmarks/reader.py in the place of a model. Printed are `overall` of `cladus eval`
(0: as a random tree, 1: the known tree), the calls, the prompt tokens (characters / 4), the tokens of the
largest question, how many labels were "none of these", and the mean of all sets.

--slip        the share of the items that get an arbitrary label; one table each. Which ones differs from
              question to question, so take the mean of several readers (--repeat) before comparing
--repeat      so many readers, who word and err differently: their mean, and how far its figure strays
              (standard deviation of the mean of all sets from reader to reader)
--ablations   without the second look, with small questions, and with labels from the own group alone:
              what each of these parts brings
--baseline    another binary, on the same sets: what this one gains
--synthetic   a set of so many clusters of an invented taxonomy of four levels
--args        everything behind it is handed to `cladus run`, of both binaries
"""

import argparse
import json
import random
import statistics
import subprocess
import tempfile
from pathlib import Path

from reader import Reader, serving
from taxonomy import Taxonomy, rows

NUMBERS = ("overall", "calls", "tokens", "largest", "none", "unknown")

TRADES = """bakery, bookbinding, brewing, clockmaking, falconry, fencing, ferry service, forestry,
    glassblowing, horse riding, orchestra, pottery, printing, theatre, vineyard, weaving"""
SIDES = {
    "staff": "apprentices, shift plans, wages, holidays, sick leave, job interviews, retirement, uniforms",
    "premises": "leases, heating, roofs, lighting, floors, car parks, cellars, noisy neighbours",
    "supplies": "orders, late deliveries, spoiled goods, wholesalers, packaging, storage, imports, shortages",
    "customers": "complaints, gift vouchers, opening hours, newsletters, tours, discounts, queues, lost property",
    "bookkeeping": "invoices, tax returns, bank loans, audits, insurance, grants, currency exchange, bad debts",
    "machinery": "leaking pumps, worn belts, spare parts, blown fuses, rust, lubrication, control software, scales",
    "teaching": "beginners' classes, textbooks, examinations, school visits, mentors, films, summer camps, grades",
    "history": "founders, old photographs, museums, legends, jubilees, archives, lost techniques, family trees",
}
CASES = {
    "seasons": "in spring, in summer, in autumn, in winter",
    "places": "on islands, in mountain villages, in harbour towns, near borders, in capitals",
    "people": "for children, for the elderly, for newcomers, for the hard of hearing, for experts",
}


def synthetic(count):
    """Clusters of an invented taxonomy, some trades with more of them than others, and their paths."""
    listed = lambda text: [" ".join(part.split()) for part in text.split(",")]
    trades = listed(TRADES)
    every = [(trade, side, matter, kind, case) for trade in trades for side, matters in SIDES.items()
             for matter in listed(matters) for kind, cases in CASES.items() for case in listed(cases)]
    if not 0 < count <= len(every):
        raise SystemExit(f"--synthetic: between 1 and {len(every)} clusters")
    chance = random.Random(1)
    size = {trade: 1 / (1 + place % 4) for place, trade in enumerate(trades)}
    drawn = sorted(every, key=lambda row: chance.random() ** (1 / size[row[0]]), reverse=True)[:count]
    clusters, truth = [], []
    for place, (trade, side, matter, kind, case) in enumerate(drawn):
        clusters.append({"id": f"s{place:05}", "name": f"{trade.capitalize()} {side}, {matter} {case}",
                         "description": f"What people ask about {matter} {case} where {trade} is concerned."})
        of_side = f"{side} of {trade}"
        path = [trade, of_side, f"{matter}, {of_side}", f"{matter} by {kind}, {of_side}"]
        truth.append({"id": f"s{place:05}", "path": path})
    return clusters, truth


def run(binary, data, args, **reads):
    """A tree of one set, and what it came to."""
    taxonomy = Taxonomy(rows(data / "clusters.jsonl"), rows(data / "truth.jsonl"))
    reader = Reader(taxonomy, **reads)
    with tempfile.TemporaryDirectory() as folder, serving(reader) as url:
        out = Path(folder) / "run"
        command = [binary, "run", data / "clusters.jsonl", "--out", out, "--quiet", "--model", "reader"]
        done = subprocess.run([*command, "--base-url", f"{url}/v1", *args], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{binary} failed on {data.name}:\n{done.stderr}")
        found = subprocess.run([binary, "eval", out, "--truth", data / "truth.jsonl", "--json"],
                               capture_output=True, check=True).stdout
    stats = reader.stats
    kinds = {kind: stats[kind] for kind in ("propose", "reconcile", "label", "rename")}
    return {"overall": json.loads(found)["agreement"]["overall"], "calls": sum(kinds.values()), "kinds": kinds,
            "tokens": stats["prompt_tokens"], "largest": stats["most_tokens"], "none": stats["none"],
            "unknown": stats["unknown"]}


def table(title, sets, measure, repeat):
    """Measures all sets, prints a row each as it comes, and returns the mean and the rows."""
    print(f"\n{title}\n  {'':16}{'overall':>8}{'calls':>8}{'prompt tokens':>15}{'largest question':>18}"
          f"{'none':>7}  calls by kind")
    found, scores = [], []
    for data in sets:
        runs = [measure(data, seed) for seed in range(repeat)]
        scores.append([row["overall"] for row in runs])
        row = {name: statistics.fmean(row[name] for row in runs) for name in NUMBERS}
        found.append(row)
        kinds = " + ".join(f"{count} {kind}" for kind, count in runs[0]["kinds"].items() if count)
        print(f"  {data.name:16}{row['overall']:8.3f}{row['calls']:8,.0f}{row['tokens']:15,.0f}{row['largest']:18,.0f}"
              f"{row['none']:7,.0f}  {kinds}", flush=True)
        if row["unknown"]:
            print(f"  {'':16}{row['unknown']:.0f} texts were no name that the reader knows")
    mean = {name: statistics.fmean(row[name] for row in found) for name in NUMBERS}
    strays = f"  ± {statistics.stdev(map(statistics.fmean, zip(*scores))):.3f} overall" if repeat > 1 else ""
    print(f"  {'mean':16}{mean['overall']:8.3f}{mean['calls']:8,.0f}{mean['tokens']:15,.0f}{mean['largest']:18,.0f}"
          f"{mean['none']:7,.0f}{strays}")
    return mean, found


def compared(what, ours, theirs):
    """One line: what `ours` has over `theirs`, and on how many sets."""
    (mean, found), (other, others) = ours, theirs
    gains = [row["overall"] - beside["overall"] for row, beside in zip(found, others)]
    better, worse = sum(gain > 0.0005 for gain in gains), sum(gain < -0.0005 for gain in gains)
    print(f"  {what:44}{mean['overall'] - other['overall']:+7.3f} overall (better on {better}, worse on {worse} of "
          f"{len(gains)} sets), {mean['calls'] / other['calls']:.2f} times the calls, "
          f"{mean['tokens'] / other['tokens']:.2f} times the prompt tokens")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cladus", type=Path, required=True)
    options.add_argument("--data", type=Path)
    options.add_argument("--sets", nargs="+", help="only these folders of FOLDER")
    options.add_argument("--synthetic", type=int)
    options.add_argument("--slip", type=float, nargs="+", default=[0.0])
    options.add_argument("--ablations", action="store_true")
    options.add_argument("--baseline", type=Path)
    options.add_argument("--repeat", type=int, default=1)
    options.add_argument("--no-scopes", action="store_true", help="names without what belongs in them")
    options.add_argument("--args", nargs=argparse.REMAINDER, default=[])
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        sets = sorted(path.parent for path in options.data.glob("*/truth.jsonl")) if options.data else []
        sets = [data for data in sets if not options.sets or data.name in options.sets]
        if options.synthetic:
            sets.append(folder / f"synthetic-{options.synthetic}")
            sets[-1].mkdir()
            for name, made in zip(("clusters", "truth"), synthetic(options.synthetic)):
                lines = "".join(json.dumps(row) + "\n" for row in made)
                (sets[-1] / f"{name}.jsonl").write_text(lines, encoding="utf8")
        if not sets:
            raise SystemExit("no set: --data FOLDER with folders that have a truth.jsonl, or --synthetic N")
        within = folder / "within-groups.toml"
        within.write_text('[label]\nscope = "group"\n')
        without = {"the second look": ["--look", "none"], "large questions": ["--question-tokens", "2000"],
                   "labels across groups": ["--config", within]}
        for slip in options.slip:
            erring = f", {slip:.0%} of the labels arbitrary" if slip else ""

            def measured(title, binary, more=()):
                args = [*options.args, *more]
                reads = {"slip": slip, "scopes": not options.no_scopes}
                measure = lambda data, seed: run(binary, data, args, seed=seed, **reads)
                return table(title + erring, sets, measure, options.repeat)
            ours = measured("cladus", options.cladus)
            brings = {}
            if options.ablations:
                brings = {part: measured(f"without {part}", options.cladus, more) for part, more in without.items()}
            theirs = measured("the baseline", options.baseline) if options.baseline else None
            if brings or theirs:
                print()
            for part, rest in brings.items():
                compared(f"{part} bring{'' if part.endswith('s') else 's'}", ours, rest)
            if theirs:
                compared("cladus has over the baseline", ours, theirs)


if __name__ == "__main__":
    main()
