#!/usr/bin/env python3
"""What every layer of Pocket computes, for the prompts of activations/prompts.json.

    python3 activations.py --out activations          torch, as the stored files were made
    python3 activations.py --check                    numpy alone: compares with the stored files

Reads the GGUF file itself, dequantizes it exactly and runs the forward in float64, so that no order of summation is
favoured; stored as float32.  Rows of Q and K stay in the file's order, where rotary pairs are neighbours.  One .npy
per tap, [tokens, width], named as in llama.cpp's graph:
    inp_embd       residual into layer 0; l_out-<i> is the residual out of layer i and into layer i + 1
    Qcur-<i>, Kcur-<i>       after the rotation, heads side by side
    attn_out-<i>   after the output projection; ffn_inp-<i> the residual with it added; ffn_out-<i>
    result_norm    after the final norm; result_output the logits of the last token, [1, vocabulary]
"""
import argparse
import json
import math
import os
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
F32, Q4_0, Q8_0 = 0, 2, 8


# --- the file -----------------------------------------------------------------------

class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def one(self, form):
        value = struct.unpack_from(form, self.raw, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def string(self):
        n = self.one("<Q")
        self.at += n
        return self.raw[self.at - n:self.at].decode("utf-8")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            item, n = self.one("<I"), self.one("<Q")
            return [self.value(item) for _ in range(n)]
        return self.one(SCALARS[kind])


def dequantize(kind, raw, shape):
    """float32, exact: a float16 scale times a small integer always fits."""
    if kind == F32:
        return np.frombuffer(raw, np.float32).reshape(shape)
    width = {Q4_0: 18, Q8_0: 34}[kind]
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, width)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    codes = blocks[:, 2:]
    if kind == Q4_0:                                           # low halves are elements 0…15, high halves 16…31
        q = np.concatenate([codes & 15, codes >> 4], axis=1).astype(np.float32) - 8
    else:
        q = codes.copy().view(np.int8).astype(np.float32)
    return (scale * q).reshape(shape)


def read_gguf(path):
    """({key: value}, {name: float32 array [rows, columns]})"""
    r = Reader(open(path, "rb").read())
    if r.raw[:4] != b"GGUF" or struct.unpack_from("<I", r.raw, 4)[0] != 3:
        raise SystemExit(f"{path} is no GGUF file of version 3")
    r.at = 8
    tensor_count, key_count = r.one("<Q"), r.one("<Q")
    meta, tensors, weights = {}, [], {}
    for _ in range(key_count):
        key = r.string()
        meta[key] = r.value(r.one("<I"))
    for _ in range(tensor_count):
        name, rank = r.string(), r.one("<I")
        shape = tuple(reversed([r.one("<Q") for _ in range(rank)]))
        tensors.append((name, shape, r.one("<I"), r.one("<Q")))
    align = meta.get("general.alignment", 32)
    data = -(-r.at // align) * align
    for name, shape, kind, offset in tensors:
        n = int(np.prod(shape))
        size = {F32: 4 * n, Q4_0: n // 32 * 18, Q8_0: n // 32 * 34}[kind]
        weights[name] = dequantize(kind, r.raw[data + offset:data + offset + size], shape)
    return meta, weights


# --- the forward --------------------------------------------------------------------

def rms_norm(x, weight, eps):
    return x / ((x * x).mean(-1)[:, None] + eps) ** 0.5 * weight


def rotate(x, heads, cos, sin):
    """x: [tokens, heads * head_dim]; neighbours 2i and 2i + 1 of each head are a pair."""
    pairs = x.reshape(len(x), heads, -1, 2)
    a, b = pairs[..., 0], pairs[..., 1]
    out = pairs * 0
    out[..., 0], out[..., 1] = a * cos - b * sin, a * sin + b * cos
    return out.reshape(x.shape)


def attend(q, k, v, heads, kv_heads):
    """Causal softmax attention, head by head; query head h reads key head h // (heads / kv_heads)."""
    t, out = len(q), q * 0
    dim = q.shape[1] // heads
    for h in range(heads):
        mine, theirs = slice(h * dim, (h + 1) * dim), slice(h * kv_heads // heads * dim, (h * kv_heads // heads + 1) * dim)
        scores = q[:, mine] @ k[:, theirs].T * dim ** -0.5
        for row in range(t):
            e = scores[row, :row + 1]
            e = math.e ** (e - e.max())
            out[row, mine] = e / e.sum() @ v[:row + 1, theirs]
    return out


def taps(meta, weights, ids, array):
    """{tap: array}.  `array` makes the library's float64 array from a numpy one; torch and numpy share the rest."""
    get = lambda key: meta["llama." + key]
    heads, kv_heads, eps = get("attention.head_count"), get("attention.head_count_kv"), get("attention.layer_norm_rms_epsilon")
    dim = get("rope.dimension_count")
    angle = np.arange(len(ids))[:, None] * get("rope.freq_base") ** (-np.arange(0, dim, 2) / dim)
    cos, sin = array(np.cos(angle))[:, None], array(np.sin(angle))[:, None]          # [tokens, 1, dim / 2]
    w = {name: array(value) for name, value in weights.items()}
    x = w["token_embd.weight"][ids]
    out = {"inp_embd": x}
    for i in range(get("block_count")):
        p = lambda name: w[f"blk.{i}.{name}.weight"]
        h = rms_norm(x, p("attn_norm"), eps)
        q, k = rotate(h @ p("attn_q").T, heads, cos, sin), rotate(h @ p("attn_k").T, kv_heads, cos, sin)
        attention = attend(q, k, h @ p("attn_v").T, heads, kv_heads) @ p("attn_output").T
        middle = x + attention
        h = rms_norm(middle, p("ffn_norm"), eps)
        gate = h @ p("ffn_gate").T
        ffn = (gate / (1 + math.e ** -gate) * (h @ p("ffn_up").T)) @ p("ffn_down").T
        x = middle + ffn
        out |= {f"Qcur-{i}": q, f"Kcur-{i}": k, f"attn_out-{i}": attention, f"ffn_inp-{i}": middle, f"ffn_out-{i}": ffn, f"l_out-{i}": x}
    out["result_norm"] = rms_norm(x, w["output_norm.weight"], eps)
    out["result_output"] = out["result_norm"][-1:] @ w.get("output.weight", w["token_embd.weight"]).T
    return out


def rms(a):
    return float(np.sqrt((a.astype(np.float64) ** 2).mean()))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--model", default=os.path.join(HERE, "pocket-q4_0.gguf"))
    ap.add_argument("--out", default=os.path.join(HERE, "activations"))
    ap.add_argument("--check", action="store_true", help="write nothing: compare with what is stored, without torch")
    a = ap.parse_args()
    meta, weights = read_gguf(a.model)
    if a.check:
        array = lambda x: x.astype(np.float64)
    else:
        import torch
        array = lambda x: torch.from_numpy(x.astype(np.float64))
    worst = 0.0
    for prompt in json.load(open(os.path.join(HERE, "activations", "prompts.json"), encoding="utf-8")):
        folder = os.path.join(a.out, prompt["name"])
        os.makedirs(folder, exist_ok=True)
        found = {name: np.ascontiguousarray(np.asarray(x)).astype(np.float32) for name, x in taps(meta, weights, prompt["ids"], array).items()}
        for name, x in found.items():
            path = os.path.join(folder, name + ".npy")
            if a.check:
                worst = max(worst, rms(np.load(path) - x) / rms(x))
            else:
                np.save(path, x)
        print(f"{prompt['name']}: {len(prompt['ids'])} tokens, {len(found)} taps, best next token {found['result_output'].argmax()}")
    if a.check:
        print(f"largest difference from the stored files: {worst:.1e} of a tap's root mean square")
        if not worst < 1e-6:
            raise SystemExit("the stored activations are not those of this file")


if __name__ == "__main__":
    main()
