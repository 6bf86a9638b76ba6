#!/usr/bin/env python3
"""How fast, and with how many calls and tokens, is a tree built with a language model?

    python benchmarks/llm_speed.py --cladus target/release/cladus --tools ../shared/tools \\
        [--clusters FILE | --n 1000] [--kura-python VENV/bin/python] [--repeat 3]
        [--latency-ms 200] [--ms-per-token 0]

Starts a stub of an OpenAI-compatible endpoint that takes 200 ms for every answer, builds a tree of at
most 5 roots with at most 50 calls in flight, and prints the wall time beside the ideal schedule: the
longest chain of dependent calls, or calls x latency / concurrency, whichever is more. With
--kura-python (a Python that has kura 0.5.4), Kura builds its tree of the same clusters from the same
stub in the same run, and the ratios between the two are printed.

Real models take longer for longer answers: --latency-ms 500 --ms-per-token 12 is much like one. Then calls
differ in length, and there is no ideal schedule to compare with.

The tools (stub.py, synth.py, kura_peer.py) are not part of this repository.
"""

import argparse
import json
import math
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

CONCURRENCY = 50
ROOTS = 5


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cladus", type=Path, required=True)
    options.add_argument("--tools", type=Path, required=True)
    options.add_argument("--clusters", type=Path)
    options.add_argument("--n", type=int, default=1000)
    options.add_argument("--kura-python", type=Path)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--latency-ms", type=float, default=200, help="until an answer begins")
    options.add_argument("--ms-per-token", type=float, default=0, help="and for each of its tokens")
    options.add_argument("--port", type=int, default=8191)
    options = options.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        clusters = options.clusters
        if clusters is None:
            clusters = folder / "clusters.jsonl"
            with clusters.open("w") as file:
                subprocess.run([sys.executable, options.tools / "synth.py", str(options.n)], stdout=file, check=True)
        url = f"http://127.0.0.1:{options.port}"
        stub = [sys.executable, options.tools / "stub.py", "--port", str(options.port),
                "--latency-ms", str(options.latency_ms), "--ms-per-out-token", str(options.ms_per_token)]
        with subprocess.Popen(stub, stdout=subprocess.DEVNULL) as server:
            try:
                wait_for(url)
                latency = options.latency_ms / 1000
                ours = [cladus(options.cladus, clusters, folder / f"run-{i}", url, latency) for i in range(options.repeat)]
                ours.sort(key=lambda run: run["wall"])
                best, median = ours[0], ours[len(ours) // 2]
                show("cladus", median)
                if options.ms_per_token or not options.latency_ms:
                    print(f"  median of {options.repeat}, best {best['wall']:.2f} s; {median['chain']} calls one after the other")
                else:
                    print(f"  ideal schedule {median['ideal']:.2f} s ({median['chain']} calls one after the other, or "
                          f"{median['calls']} calls / {CONCURRENCY}): wall is {median['wall'] / median['ideal']:.2f} times that "
                          f"(median of {options.repeat}; best {best['wall'] / best['ideal']:.2f})")
                if options.kura_python:
                    theirs = kura(options, clusters, folder, url)
                    show("Kura", theirs)
                    print(f"ratio: {theirs['wall'] / median['wall']:.1f} times as fast, "
                          f"1/{theirs['calls'] / median['calls']:.1f} of the calls, "
                          f"1/{theirs['prompt_tokens'] / median['prompt_tokens']:.1f} of the prompt tokens")
            finally:
                server.terminate()


def cladus(binary, clusters, out, url, latency):
    shutil.rmtree(out, ignore_errors=True)
    read(url + "/stats?reset=1")
    started = time.monotonic()
    run = subprocess.run(
        [binary, "run", clusters, "--out", out, "--max-clusters", str(ROOTS), "--json", "--quiet",
         "--model", "stub-chat", "--base-url", url + "/v1", "--concurrency", str(CONCURRENCY)],
        stdout=subprocess.PIPE, check=True)
    wall = time.monotonic() - started
    stats = read(url + "/stats")
    report = json.loads(run.stdout)
    # A stage waits for the one before it.
    chain = sum(depth(out, iteration["iteration"], stage["stage"])
                for iteration in report["iterations"] for stage in iteration["stages"])
    calls = chat_calls(stats)
    ideal = max(chain, math.ceil(calls / CONCURRENCY)) * latency
    return {"wall": wall, "calls": calls, "prompt_tokens": stats["tokens_in"], "roots": report["roots"],
            "in_flight": stats["max_chat_in_flight"], "chain": chain, "ideal": ideal}


def depth(out, iteration, stage):
    """How many calls of this stage had to wait for one another, by what they asked.

    Not by when they were made: calls that wait without need would make the ideal schedule longer.
    """
    requests = sqlite3.connect(out / "answers.sqlite").execute(
        "select request from calls where iteration = ? and stage = ? and kind = 'chat' order by id", (iteration, stage))
    rounds = {}
    seen = set()
    for (request,) in requests:
        question = json.loads(request)["messages"][-1]["content"]
        again = "An earlier answer had the problems given" in question
        items = set(re.findall(r"<item[^>]*>(.*?)</item>", question, re.S))
        name = "first"
        if "<proposal " in question:
            # All groups have proposed; a second round looks across the first one's questions.
            name = "across" if question.startswith("Look for what means the same") else "reconcile"
        elif stage == "label" and "<candidate" in question:
            # A second look is about clusters that all have an answer.
            name = "look" if again and "(as " in question or not again and items <= seen else "first"
            seen |= set() if again else items
        elif "tell them apart" in question:
            name = "tell apart"
        # Of a round: its questions, and those of them that were asked again.
        rounds[name] = max(rounds.get(name, 1), 1 + (again and name != "tell apart"))
    return sum(rounds.values())


def kura(options, clusters, folder, url):
    out = folder / "kura.json"
    subprocess.run(
        [options.kura_python, options.tools / "kura_peer.py", "--clusters", clusters, "--base-url", url + "/v1",
         "--max-clusters", str(ROOTS), "--concurrency", str(CONCURRENCY), "--console", "none", "--out", out],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    result = json.loads(out.read_text())
    stats = result["stub"]
    return {"wall": result["wall_s"], "calls": chat_calls(stats), "prompt_tokens": stats["tokens_in"],
            "roots": (result.get("result") or {}).get("roots"), "in_flight": stats["max_chat_in_flight"]}


def chat_calls(stats):
    return sum(kind["n"] for name, kind in stats["by_kind"].items() if name != "embed")


def show(name, run):
    print(f"{name:<7} {run['wall']:7.2f} s  {run['calls']:6} calls  {run['prompt_tokens']:9,} prompt tokens  "
          f"{run['in_flight']} in flight  {run['roots']} roots")


def read(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def wait_for(url):
    for _ in range(100):
        try:
            return read(url + "/health")
        except OSError:
            time.sleep(0.1)
    sys.exit("the stub does not start")


if __name__ == "__main__":
    main()
