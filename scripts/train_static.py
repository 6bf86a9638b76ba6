#!/usr/bin/env python3
"""Makes the static embedder's table of token vectors (crates/models/model/static) out of all-MiniLM-L6-v2.

  python3 -m venv .static-venv && .static-venv/bin/pip install numpy==2.4.6 scipy==1.17.1 \\
      onnx==1.23.2 onnxruntime==1.32.0 tokenizers==0.23.3 safetensors==0.8.0 blake3
  .static-venv/bin/python scripts/train_static.py --work DIR [--check]

Needs npm, and an hour of two cores, nearly all of it the transformer's. What it has embedded is kept in the
work folder; the same machine and versions write the same bytes. --check compares instead of writing.

1. Vocabulary: the pieces of the transformer, and the words that the corpora have most often of those that it
   cuts into several.
2. Prior: what the transformer says of each piece alone, weighted by a/(a+p) as in SIF (Arora et al. 2017),
   p being the piece's share of the corpora.
3. Fit: with X the counts of pieces in texts, V the vectors of pieces and Y what the transformer says of the
   texts, minimise sum |XV/|XV| - Y|^2 + lambda |V - prior|^2, the norms |XV| frozen at the last round's: a
   linear problem, solved by conjugate gradients. Rare pieces stay near the prior.
4. Lengths to the power of 0.7: the sum of squares wants a text's few telling pieces to drown the others more
   than a nearest neighbour does.
5. 8 bits, a scale a row.
"""

import argparse
import struct
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from blake3 import blake3
from tokenizers import Tokenizer, models

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "benchmarks"), str(ROOT / "scripts" / "static")]

from corpora import MINILM, corpora, fetch  # noqa: E402
from teacher import Teacher  # noqa: E402

DIM = 256
WORDS = 42_000  # as many as 20 MB have room for
SIF = 1e-3
PRIOR = 8.0  # lambda
LENGTH = 0.7  # the power in step 4
WEIGHTS = {"wn_lemma": 4, "phrase": 3, "synth": 2, "science": 2}  # of a corpus' texts in the sum, where not 1
ROUNDS, STEPS = 2, 8  # of norms, of conjugate gradients in each
CHUNK, LONGEST = 4000, 128  # texts embedded at a time, tokens read of each
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def taught(teacher, name, texts, work):
    """What the transformer says of `texts`, in chunks that are kept."""
    folder = work / f"v_{name}"
    folder.mkdir(exist_ok=True)
    chunks = []
    for start in range(0, len(texts), CHUNK):
        path = folder / f"{start:08d}.npy"
        if not path.exists():
            encoded = teacher.tokenizer.encode_batch(texts[start : start + CHUNK])
            vectors = teacher.embed_ids([e.ids[:LONGEST] for e in encoded], 32)
            np.save(folder / "unfinished.npy", vectors.astype(np.float16))
            (folder / "unfinished.npy").rename(path)
            print(f"{name}: {start + len(vectors)} of {len(texts)}", flush=True)
        chunks.append(np.load(path))
    return unit(np.concatenate(chunks).astype(np.float32))


def ids_of(tokenizer, texts):
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


def split_words(ids, pieces):
    """The words that the pieces spell which the transformer cuts."""
    words, word = [], []
    for piece in [pieces[i] for i in ids] + [""]:
        if piece.startswith("##") and word:
            word.append(piece.removeprefix("##"))
            continue
        if len(word) > 1:
            words.append("".join(word))
        word = [piece]
    return words


def vocabulary(tokenizer, texts):
    """The pieces' places in the transformer's vocabulary, and the words beside them."""
    pieces = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    counts = Counter(word for ids in ids_of(tokenizer, texts) for word in split_words(ids, pieces))
    whole = [w for w in counts if w.isascii() and w.isalpha() and len(w) > 3]
    words = sorted(whole, key=lambda word: (-counts[word], word))[:WORDS]
    kept = [i for i, piece in enumerate(pieces) if not piece.startswith("[unused")]
    return pieces, kept, words


def fit(ids, targets, weights, prior):
    """Step 3 above; all columns at once, with the diagonal as preconditioner."""
    ends = np.cumsum([0] + [len(row) for row in ids])
    counts = np.ones(ends[-1], np.float32)
    x = sparse.csr_matrix((counts, np.concatenate([np.array(row, np.int32) for row in ids]), ends), shape=(len(ids), len(prior)))
    x.sum_duplicates()
    vectors, roots = prior.copy(), np.sqrt(weights)
    for _ in range(ROUNDS):
        said = np.linalg.norm(x @ vectors, axis=1)
        scaled = (sparse.diags(roots / np.maximum(said, 1e-6)) @ x).tocsr().astype(np.float32)
        back = scaled.T.tocsr()
        rest = back @ (targets * roots[:, None] - scaled @ vectors) + PRIOR * (prior - vectors)
        diagonal = (np.asarray(scaled.multiply(scaled).sum(0)).ravel() + PRIOR)[:, None]
        change = np.zeros_like(vectors)
        better = rest / diagonal
        way, square = better.copy(), (rest * better).sum(0)
        for _ in range(STEPS):
            pushed = back @ (scaled @ way) + PRIOR * way
            step = square / np.maximum((way * pushed).sum(0), 1e-20)
            change += step * way
            rest -= step * pushed
            better = rest / diagonal
            before, square = square, (rest * better).sum(0)
            way = better + square / np.maximum(before, 1e-20) * way
        vectors = vectors + change
    return vectors


def train(work):
    """The vocabulary, and a vector for each."""
    teacher = Teacher(fetch(MINILM, work))
    tokenizer = Tokenizer.from_str(teacher.tokenizer.to_str())
    tokenizer.no_truncation()
    texts = corpora(work)
    said = {name: taught(teacher, name, some, work) for name, some in texts.items()}
    every = [text for some in texts.values() for text in some]

    pieces, kept, words = vocabulary(tokenizer, every)
    alone = teacher.embed_ids([[101, i, 102] for i in range(len(pieces))], 64)[kept]
    whole = teacher.embed_ids([[101, *ids, 102] for ids in ids_of(tokenizer, words)], 64)
    alone = np.concatenate([alone, whole])
    entries = [pieces[i] for i in kept] + words
    tokenizer.model = models.WordPiece({e: i for i, e in enumerate(entries)}, unk_token="[UNK]", max_input_chars_per_word=100)
    ids = {name: ids_of(tokenizer, some) for name, some in texts.items()}

    glosses = said["wn_gloss"]
    axes = np.linalg.eigh(glosses.T @ glosses)[1][:, ::-1][:, :DIM]
    centre = glosses.mean(0)
    flat = np.concatenate([np.array(row, np.int64) for name in ids if name != "wn_lemma" for row in ids[name]])
    share = np.bincount(flat, minlength=len(entries)) / len(flat)
    prior = ((alone - alone.mean(0)) @ axes * (SIF / (SIF + share))[:, None]).astype(np.float32)
    rest = [entries.index(token) for token in SPECIAL]
    prior[rest] = 0

    targets = np.concatenate([unit((y - centre) @ axes).astype(np.float32) for y in said.values()])
    weights = np.concatenate([np.full(len(some), WEIGHTS.get(name, 1), np.float32) for name, some in texts.items()])
    vectors = fit([row for some in ids.values() for row in some], targets, weights, prior)
    vectors[rest] = 0
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return entries, vectors * np.maximum(lengths, 1e-9) ** (LENGTH - 1)


def files(entries, vectors):
    """The table (see crates/models/src/static_table/table.rs) and the vocabulary, as bytes."""
    scales = (np.abs(vectors).max(1) / 127).astype("<f4")
    scales[scales == 0] = 1
    numbers = np.clip(np.rint(vectors / scales[:, None]), -127, 127).astype("i1")
    rows = b"".join(scale.tobytes() + row.tobytes() for scale, row in zip(scales, numbers))
    listed = "".join(f"{entry}\n" for entry in entries).encode()
    header = b"cladus-static 1\n" + struct.pack("<II", *vectors.shape) + blake3(rows + listed).digest()
    return {"table.bin": header + rows, "vocabulary.txt": listed}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for what is fetched and embedded")
    parser.add_argument("--check", action="store_true", help="compare with what is shipped, write nothing")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name, data in files(*train(arguments.work)).items():
        path = ROOT / "crates" / "models" / "model" / "static" / name
        if not arguments.check:
            path.write_bytes(data)
        elif path.read_bytes() != data:
            raise SystemExit(f"{path} differs")
        print(f"{path.name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
