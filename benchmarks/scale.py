#!/usr/bin/env python3
"""How do time and memory of a whole run grow with the number of clusters?

    python benchmarks/scale.py --cladus target/release/cladus --make make_scale.py --lists DIR [10k 100k all] [-- ARGS]

`make_scale.py OUT_DIR SIZE --lists DIR` writes scale-SIZE.jsonl, one base cluster a package summary. Each set is made into a
hierarchy without a model, under a clock: wall and CPU seconds and the highest resident memory by iteration and stage (what
runs before the first stage is `input`, after the last one `end`: the hierarchy, its closure, the tree), then `cladus check`.
Ends with the exponent of CPU time in n (1 is linear), stage by stage, and each run as a share of its limits. ARGS go to
`cladus run` (say `--embedder lexical`). Linux only; exit code 1 where a limit or the check fails.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

# Seconds and bytes on two idle cores.
LIMITS = {"100k": (60, 2e9), "all": (720, 8e9)}
STAGES = ["input", "embed", "group", "propose", "label", "rename", "end"]
LINE = re.compile(r"^(\d+)/\d+ (\w+)\s")
TICKS = os.sysconf("SC_CLK_TCK")


def main():
    arguments, passed = sys.argv[1:], []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, passed = arguments[:at], arguments[at + 1 :]
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sizes", nargs="*", default=["10k", "100k"])
    options.add_argument("--cladus", type=Path, required=True)
    options.add_argument("--make", type=Path, required=True)
    options.add_argument("--lists", required=True)
    options.add_argument("--keep", type=Path, help="a folder that the sets and runs stay in")
    asked = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        results = {}
        ok = True
        for size in asked.sizes:
            clusters = folder / f"scale-{size}.jsonl"
            if not clusters.is_file():
                make = [sys.executable, asked.make, folder, size, "--lists", asked.lists]
                subprocess.run(make, check=True, capture_output=True)
            results[size] = measure(asked.cladus, clusters, folder / f"run-{size}", passed)
            ok &= report(size, results[size])
        exponents(list(results.values()))
    sys.exit(0 if ok else 1)


def measure(cladus, clusters, run, passed):
    """Runs once, from nothing, and returns what it took by iteration and stage."""
    subprocess.run(["rm", "-rf", run], check=True)
    with clusters.open("rb") as lines:
        n = sum(1 for _ in lines)
    start = time.perf_counter()
    process = subprocess.Popen(
        [cladus, "run", clusters, "--out", run, *passed],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
    )
    peak = [0]
    watch = threading.Thread(target=follow, args=(process.pid, peak), daemon=True)
    watch.start()
    taken, before, said = {}, (start, 0.0), []
    iteration, highest = "1", 0
    for line in process.stderr:
        said.append(line)
        found = LINE.match(line)
        if not found and not line.startswith("level plan"):
            continue
        now = (time.perf_counter(), cpu_of(process.pid) or before[1])
        if found:
            iteration = found[1]
        part = (iteration, found[2]) if found else ("", "input")
        taken[part] = (now[0] - before[0], now[1] - before[1], peak[0])
        highest, peak[0], before = max(highest, peak[0]), 0, now
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"cladus run ended with {process.returncode}:\n{''.join(said[-5:])}")
    wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
    taken["", "end"] = (start + wall - before[0], cpu - before[1], peak[0])
    begun = time.perf_counter()
    checked = subprocess.run([cladus, "check", run], capture_output=True, text=True)
    return {
        "n": n, "wall": wall, "cpu": cpu, "peak": used.ru_maxrss * 1024, "stages": taken,
        "check": checked.returncode == 0, "said": checked.stdout.strip().splitlines()[:3],
        "checking": time.perf_counter() - begun,
    }


def follow(pid, peak):
    """Keeps the highest resident memory since it was last set to 0."""
    while True:
        try:
            status = Path(f"/proc/{pid}/statm").read_text()
        except OSError:
            return
        if not status:
            return
        peak[0] = max(peak[0], int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        time.sleep(0.02)


def cpu_of(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def report(size, result):
    print(f"\n{size}: {result['n']:,} clusters")
    print(f"  {'':10} {'wall s':>8} {'CPU s':>8} {'MB':>7}")
    for (iteration, stage), (wall, cpu, peak) in result["stages"].items():
        print(f"  {iteration:>1} {stage:8} {wall:8.1f} {cpu:8.1f} {peak / 1e6:7.0f}")
    print(f"  {'whole run':10} {result['wall']:8.1f} {result['cpu']:8.1f} {result['peak'] / 1e6:7.0f}")
    others = [taken for (_, stage), taken in result["stages"].items() if stage not in ("embed", "group")]
    print(f"  without embed and group: {sum(t[0] for t in others):.1f} s, {sum(t[1] for t in others):.1f} CPU s")
    print(f"  check: {'passes' if result['check'] else 'FAILS'} in {result['checking']:.1f} s; {' '.join(result['said'])}")
    if size not in LIMITS:
        return result["check"]
    seconds, memory = LIMITS[size]
    print(f"  {result['wall'] / seconds:.2f} of the limit of {seconds} s, {result['peak'] / memory:.2f} of {memory / 1e9:.0f} GB")
    return result["check"] and result["wall"] <= seconds and result["peak"] <= memory


def exponents(results):
    for small, large in zip(results, results[1:]):
        growth = math.log(large["n"] / small["n"])
        print(f"\nexponent of CPU time in n from {small['n']:,} to {large['n']:,}:")
        for name, of in [(stage, by_stage(stage)) for stage in STAGES] + [("whole run", lambda result: result["cpu"])]:
            print(f"  {name:10} {math.log(max(of(large), 0.01) / max(of(small), 0.01)) / growth:5.2f}")


def by_stage(stage):
    def cpu(result):
        sums = defaultdict(float)
        for (_, name), taken in result["stages"].items():
            sums[name] += taken[1]
        return sums[stage]

    return cpu


if __name__ == "__main__":
    main()
