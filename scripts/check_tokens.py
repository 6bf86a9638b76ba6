#!/usr/bin/env python3
"""Compares the tokeniser's ids with those of the `tokenizers` package, text by text.

    python3 -m venv venv && venv/bin/pip install tokenizers
    cargo build --release -p cladus-models --example tokens
    venv/bin/python scripts/check_tokens.py [--program target/release/examples/tokens] FILE.jsonl …

Texts are the names and descriptions of the files' rows, and a few thousand made of characters from
all over Unicode. Exits with 1 where one differs. Prints the speed of both on one core.
"""
import argparse, json, os, random, subprocess, sys, time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: E402

VOCABULARY = Path(__file__).parent.parent / "crates/models/model/tokenizer/vocab.txt"


def reference():
    vocabulary = {p: i for i, p in enumerate(VOCABULARY.read_text(encoding="utf-8").split("\n")[:-1])}
    tokens = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokens.normalizer = normalizers.BertNormalizer()
    tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokens.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokens.post_processor = processors.BertProcessing(("[SEP]", 102), ("[CLS]", 101))
    tokens.enable_truncation(256)
    return tokens


def odd_texts(count, seed=0):
    draw = random.Random(seed)
    pools = [(0, 0x80), (0, 0x300), (0x300, 0x370), (0x370, 0x2000), (0x2000, 0x3400), (0x3400, 0x10000),
             (0x10000, 0x30000), (0, 0x110000)]
    for _ in range(count):
        low, high = draw.choice(pools)
        letters = []
        for _ in range(draw.randrange(0, 60)):
            code = draw.randrange(*draw.choice([(low, high), (0x20, 0x7f), (0x300, 0x330)]))
            letters.append("?" if 0xD800 <= code < 0xE000 else chr(code))
        if draw.random() < 0.2:
            letters.insert(draw.randrange(len(letters) + 1), draw.choice(["[SEP]", "[MASK]", "[[UNK]", "[cls]"]))
        yield "".join(letters)
    yield from ["", " ", "\0", "a" * 100, "a" * 101, "é" * 100, "İstanbul ΑΣ ß ﬁ", "x " * 100_000]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/release/examples/tokens")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    rows = [json.loads(line) for file in args.files for line in open(file, encoding="utf-8")]
    short = [r["name"] + (". " + r["description"] if r.get("description") else "") for r in rows]
    texts = short + [r["name"] for r in rows] + list(odd_texts(20_000))
    lines = "\n".join(map(json.dumps, texts)) + "\n"
    ours = [json.loads(l) for l in subprocess.run([args.program], input=lines, text=True, check=True,
                                                  stdout=subprocess.PIPE).stdout.splitlines()]
    tokens = reference()
    wrong = [(t, o, e.ids) for t, o, e in zip(texts, ours, tokens.encode_batch(texts), strict=True) if o != e.ids]
    for text, our, their in wrong[:5]:
        print(f"{text!r}\n  ours   {our}\n  theirs {their}")
    print(f"{len(texts)} texts, {len(wrong)} differ")
    if short:
        said = subprocess.run([args.program, "3"], input="\n".join(map(json.dumps, short)) + "\n", text=True,
                              check=True, stdout=subprocess.PIPE).stdout
        started = time.perf_counter()
        tokens.encode_batch(short)
        theirs = len(short) / (time.perf_counter() - started)
        print(f"one core: {said.strip()}; tokenizers {theirs:.0f} texts a second: "
              f"{float(said.split()[0]) / theirs:.1f} times as fast")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
