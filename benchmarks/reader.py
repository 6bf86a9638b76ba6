#!/usr/bin/env python3
"""A language model's endpoint behind which sits a reader who never errs about what a question shows.

    python3 benchmarks/reader.py --clusters clusters.jsonl --truth truth.jsonl [--port 8095] [--slip 0.05] [--seed 0]
    cladus run clusters.jsonl --out RUN --model reader --base-url http://127.0.0.1:8095/v1
    cladus eval RUN --truth truth.jsonl

The reader knows the taxonomy that the clusters come from. It recognises an item by its name and answers
as the taxonomy says: what a tree lacks under it is lost by what questions show and ask for, not by who
answers them. benchmarks/readers.py runs it over whole folders of sets.

It knows only what a question shows. It has more than one wording for a category and takes one by the
question, as models do, so that two groups that need one category do not agree on its name. With --slip
it gives that share of the items an arbitrary label; the same question gets the same answer.

  propose    the categories of the items, as deep as the number asked for allows: the topmost first, then
             the largest is divided; where even those are too many, the smallest become one
  reconcile  proposals of one category become one; what joins several gives up those that stand alone;
             of too many, the least proposed one joins its nearest relative, as what they have in common
  label      the candidate with the deepest category that holds the item, or the one that shares most of
             the path to it; "none of these" where nothing is shared
  rename     the deepest category that holds three of five items, in place of a label that means something
             else, unless a label or a parent beside it means that

GET /stats says how many calls of each kind there were, prompt and answer tokens (characters / 4), labels
and "none of these" among them, questions asked again, texts that it did not recognise, and the most items
and tokens in one question. Only the standard library; only the loopback interface.
"""

import argparse
import json
import re
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from taxonomy import Taxonomy, key, number, rows, shared, words

NONE = "none of these"
# Fewer items than this are not worth dividing.
FEW = 4
# This share of a parent's items says what it is.
MOST = 0.6

ITEM = re.compile(r'<item(?: id="([^"]*)")?>(.*?)</item>', re.S)
CANDIDATE = re.compile(r"<candidate[^>]*>(?:<name>(.*?)</name>.*?|(.*?))</candidate>", re.S)
PROPOSAL = re.compile(r'<proposal id="(\d+)">(.*?)</proposal>', re.S)
PARENT = re.compile(r'<parent id="([^"]*)" label="([^"]*)">(.*?)</parent>', re.S)
OTHER = re.compile(r"<other>(.*?)</other>", re.S)
WANTED = re.compile(r"(?:at most|about) (\d+)")


def unescaped(text):
    return text.replace("&lt;", "<").replace("&gt;", ">").strip()


class Reader:
    """Answers questions. `salt` is the question itself, and who reads it, for all that is arbitrary."""

    def __init__(self, taxonomy, slip=0.0, scopes=True, seed=0):
        self.taxonomy, self.slip, self.scopes, self.seed = taxonomy, slip, scopes, seed
        self.stats, self.lock = Counter(), threading.Lock()

    def count(self, what, more=1):
        with self.lock:
            self.stats[what] += more

    def peak(self, what, value):
        with self.lock:
            self.stats[what] = max(self.stats[what], value)

    def read(self, text):
        meaning = self.taxonomy.meaning(text)
        self.count("unknown", not meaning)
        return meaning

    def propose(self, items, wanted, most, salt):
        # What is of several categories counts for a part of each.
        read = [(item, sorted(self.read(item))) for item in items]
        held = [(path, 1 / len(paths), item) for item, paths in read for path in paths]
        if not held:
            return ["Mixed"]
        cut = [frozenset([top]) for top in sorted({path[:1] for path, _, _ in held})]
        weight = lambda category: sum(share for path, share, _ in held if path[:len(category)] == category)
        if len(cut) > most:
            cut.sort(key=lambda node: (-weight(*node), *node))
            return self.named([*cut[: most - 1], frozenset().union(*cut[most - 1:])], held, salt)
        divided = set()
        while len(cut) < wanted:
            options = []
            for (category,) in cut:
                inside = [path for path, _, _ in held if path[:len(category)] == category]
                parts = sorted({path[: len(category) + 1] for path in inside})
                fits = len(cut) - 1 + len(parts) <= most
                if fits and parts != [category] and category not in divided and weight(category) >= FEW:
                    options.append((weight(category), category, parts))
            if not options:
                break
            # What belongs to no part of it stays under its own name: then it is among the parts.
            _, category, parts = max(options)
            divided.add(category)
            cut = [node for node in cut if node != frozenset([category])] + [frozenset([part]) for part in parts]
        return self.named(cut, held, salt)

    def named(self, cut, held, salt):
        """Names of categories, with what the question shows of each."""
        names = []
        for node in cut:
            name = self.taxonomy.name(node, salt)
            inside = [(path, category, item) for path, _, item in held for category in sorted(node)
                      if path[:len(category)] == category]
            below = sorted({path[len(category)] for path, category, _ in inside if len(path) > len(category)})
            tops = sorted({category[-1] for _, category, _ in inside})
            shown = [item.split(": ")[0] for *_, item in inside]
            examples = tops[2:] if len(node) > 2 else below if len(below) > 1 else shown
            examples = [words(example, 3) for example in examples[:3]]
            names.append(f"{name}: {', '.join(filter(None, examples))}" if self.scopes and any(examples) else name)
        return names

    def reconcile(self, proposals, wanted, salt):
        singles, joined, called = {}, {}, {}
        for one, text in proposals.items():
            meaning = self.read(text)
            if meaning:
                (joined if len(meaning) > 1 else singles).setdefault(meaning, set()).add(one)
                called.setdefault(meaning, text.split(": ")[0])
        singles = {category: ids for (category,), ids in singles.items()}
        parted = self.part(singles, joined)
        if wanted:
            self.join(singles, wanted - len(joined))
        found = [*((frozenset([category]), ids) for category, ids in singles.items()), *joined.items()]
        # One of the names that it has is as good as another.
        name = lambda meaning: called.get(meaning) or self.taxonomy.name(meaning, salt)
        return [{"name": name(meaning), "from": sorted(ids)} for meaning, ids in found if len(ids) > 1 or parted & ids]

    @staticmethod
    def part(singles, joined):
        """Gives what stands alone the proposals that join it with others. Returns which those are."""
        parted = set()
        for meaning in sorted(joined, key=sorted):
            ids = joined.pop(meaning)
            alone = {category for category in meaning if category in singles}
            rest = meaning - alone
            if alone:
                parted |= ids
            for category in sorted(meaning if len(rest) == 1 else alone):
                singles.setdefault(category, set()).update(ids)
            if len(rest) > 1:
                joined.setdefault(rest, set()).update(ids)
        return parted

    def join(self, singles, wanted):
        """Joins related categories, the least proposed first, until there are no more than wanted."""
        while len(singles) > wanted:
            by_support = sorted(singles, key=lambda category: (len(singles[category]), -len(category), category))
            pairs = ((small, near) for small in by_support if (near := self.relative(small, singles)))
            pair = next(pairs, None)
            if pair is None:
                return
            ids = singles.pop(pair[0]) | singles.pop(pair[1])
            singles.setdefault(pair[0][: shared(*pair)], set()).update(ids)

    @staticmethod
    def relative(category, others):
        """The category among the others that has most in common with this one, if any has something."""
        kin = [other for other in others if other != category and shared(other, category)]
        return max(kin, key=lambda other: (shared(other, category), len(others[other]), other), default=None)

    def label(self, item, names, may_say_none, salt):
        self.count("labels")
        if self.slip and number("slip", item, salt) % 10_000 < self.slip * 10_000:
            return names[number("instead", item, salt) % len(names)]
        paths = self.read(item)
        head = key(item.split(": ")[0])

        def fit(name):
            if key(name) == head:
                return (float("inf"), 0)
            holds = self.taxonomy.stands_for(name)
            def nearness(path, category):
                common = shared(path, category)
                return common if common == len(category) else max(common - 0.5, 0)
            best = [max((nearness(path, category) for category in holds), default=0) for path in paths]
            return (sum(best) / max(len(best), 1), -len(holds))
        best = max(names, key=fit)
        if fit(best)[0] <= 0 and may_say_none:
            self.count("none")
            return NONE
        return best

    def rename(self, parents, others, problems, salt):
        labels = {one: self.taxonomy.meaning(label) for one, (label, _) in parents.items()}
        taken = [self.taxonomy.meaning(other) for other in others]
        answer = {}
        for one, (label, items) in parents.items():
            meanings = [self.read(item) for item in items]
            now = self.mainly(meanings) or labels[one]
            beside = [*taken, *(meaning for other, meaning in labels.items() if other != one)]
            if not now or (now != labels[one] and now in beside):
                now = labels[one]
            keeps = now == labels[one] and one not in problems
            name = label if keeps or not now else self.taxonomy.name(now, f"{salt}{one}")
            taken.append(now)
            shown = [words(item.split(": ")[0], 4) for item in items[:3]]
            slug = "_".join(re.findall(r"[a-z0-9]+", name.lower())[:3]) or "signs"
            answer[one] = {"description": f"Such as {', '.join(shown)}. They belong to {words(name, 8)}.",
                           "name": name, "slug": slug}
        return answer

    @staticmethod
    def mainly(meanings):
        """The deepest category that most of these belong to."""
        best = frozenset()
        for depth in range(1, max((len(path) for meaning in meanings for path in meaning), default=0) + 1):
            held = Counter()
            for meaning in meanings:
                for category in sorted({path[:depth] for path in meaning if len(path) >= depth}):
                    held[category] += 1 / len(meaning)
            category, count = max(held.items(), key=lambda entry: (entry[1], entry[0]))
            if count >= MOST * len(meanings):
                best = frozenset([category])
        return best

    def answer(self, body):
        """The answer to a chat completion's request, and how many tokens were read for it."""
        system = "\n".join(message["content"] for message in body["messages"] if message["role"] == "system")
        user = "\n".join(message["content"] for message in body["messages"] if message["role"] == "user")
        tokens = (len(system) + len(user)) // 4
        salt = f"{self.seed}{user}"
        again = "An earlier answer had the problems given" in user
        data = user[user.index("<data>"):]
        texts = [unescaped(text) for _, text in ITEM.findall(data)]
        if "<proposal " in data:
            kind = "reconcile"
            proposals = {int(one): unescaped(text) for one, text in PROPOSAL.findall(data)}
            wanted = WANTED.search(user[: user.index("<data>")])
            texts = list(proposals)
            said = {"categories": self.reconcile(proposals, int(wanted[1]) if wanted else 0, salt)}
        elif "<parent " in data:
            kind = "rename"
            parents = {one: (unescaped(label), [unescaped(text) for _, text in ITEM.findall(inside)])
                       for one, label, inside in PARENT.findall(data)}
            problems = set(re.findall(r'<problem parent="([^"]*)"', data))
            said = self.rename(parents, [unescaped(other) for other in OTHER.findall(data)], problems, salt)
        elif "<candidate" in data:
            kind = "label"
            names = [unescaped(named or plain) for named, plain in CANDIDATE.findall(data)]
            said = {one: self.label(unescaped(text), names, NONE in system, salt) for one, text in ITEM.findall(data)}
        else:
            kind = "propose"
            form = (body.get("response_format") or {}).get("json_schema", {}).get("schema", {})
            wanted = WANTED.search(user.replace(data[: data.index("</data>")], ""))
            wanted = int(wanted[1]) if wanted else 1
            most = form.get("properties", {}).get("names", {}).get("maxItems", wanted)
            said = {"names": self.propose(texts, wanted, most, salt)}
        self.count(kind)
        self.count("asked_again", again)
        self.peak("most_items", len(texts))
        self.peak("most_tokens", tokens)
        self.count("prompt_tokens", tokens)
        return said, tokens


class Handler(BaseHTTPRequestHandler):
    """A request to `self.server.reader`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_):
        pass

    def say(self, said, status=200):
        body = json.dumps(said, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        reader = self.server.reader
        if self.path.startswith("/stats"):
            return self.say(dict(reader.stats))
        return self.say({"object": "list", "data": [{"id": "reader", "object": "model"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reader = self.server.reader
        try:
            said, tokens = reader.answer(body)
        except (KeyError, ValueError, IndexError) as error:
            message = f"the reader does not understand this question: {error!r}"
            return self.say({"error": {"message": message, "type": "invalid_request_error"}}, 400)
        text = json.dumps(said, ensure_ascii=False)
        reader.count("answer_tokens", len(text) // 4)
        usage = {"prompt_tokens": tokens, "completion_tokens": len(text) // 4, "total_tokens": tokens + len(text) // 4}
        message = {"role": "assistant", "content": text}
        self.say({"id": "reader", "object": "chat.completion", "created": 0, "model": body.get("model"), "usage": usage,
                  "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def serving(reader, port=0):
    """The endpoint's address, while it is up. Port 0: one that is free."""
    server = Server(("127.0.0.1", port), Handler)
    server.reader = reader
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clusters", type=Path, required=True)
    options.add_argument("--truth", type=Path, required=True)
    options.add_argument("--port", type=int, default=8095)
    options.add_argument("--slip", type=float, default=0.0)
    options.add_argument("--seed", type=int, default=0, help="another reader words and errs otherwise")
    options.add_argument("--no-scopes", action="store_true", help="names without what belongs in them")
    options = options.parse_args()
    taxonomy = Taxonomy(rows(options.clusters), rows(options.truth))
    with serving(Reader(taxonomy, options.slip, not options.no_scopes, options.seed), options.port) as url:
        print(f"{url}/v1", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
