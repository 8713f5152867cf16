/**
 * Lists the weights of a model in the forms that the forwards use, whichever way the file splits them.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { Hyperparameters, MatrixPart, MatrixSpec, VectorSpec, WeightSpecs } from './architecture.ts';

/** Rows [from, from + rows) of a tensor; all of it where only `rows` is given. */
interface Rows {
  tensor: string;
  rows: number;
  from?: number;
  tensorRows?: number;
}

export class SpecBuilder {
  readonly #file: GgufFile;
  readonly #matrices = new Map<string, MatrixSpec>();
  readonly #vectors = new Map<string, VectorSpec>();
  readonly #ignored: string[] = [];

  constructor(file: GgufFile) {
    this.#file = file;
  }

  has(tensor: string): boolean {
    return this.#file.tensors.has(tensor);
  }

  build(): WeightSpecs {
    return { matrices: this.#matrices, vectors: this.#vectors, ignored: this.#ignored };
  }

  /** Tensors whose names begin so are knowingly left out. */
  ignore(beginning: string): this {
    this.#ignored.push(beginning);
    return this;
  }

  /** The tensor `name.weight` [rows, cols], and `name.bias` where the file has one. */
  matrix(name: string, rows: number, cols: number): this {
    return this.stacked(name, cols, [{ tensor: `${name}.weight`, rows }]).#bias(name, rows, [[name, rows]], 1);
  }

  /** Rows of several tensors, one below another. */
  stacked(name: string, cols: number, list: readonly Rows[]): this {
    let firstRow = 0;
    const parts = list.map((item): MatrixPart => {
      const part = whole(item, firstRow, 1);
      firstRow += item.rows;
      return part;
    });
    this.#matrices.set(name, { rows: firstRow, cols, parts });
    return this;
  }

  /** The tensor `name.weight` [size] of norm weights or the like. */
  vector(name: string, size: number, tensor = `${name}.weight`): this {
    this.#vectors.set(name, { size, parts: [{ tensor, shape: [size], first: 0, step: 1 }] });
    return this;
  }

  /** Tensors one after another in one vector. */
  joined(name: string, list: readonly (readonly [tensor: string, size: number])[]): this {
    let first = 0;
    const parts = list.map(([tensor, size]) => {
      const part = { tensor, shape: [size], first, step: 1 };
      first += size;
      return part;
    });
    this.#vectors.set(name, { size: first, parts });
    return this;
  }

  /** A tensor of that shape, its elements as they lie. */
  tensor(name: string, tensor: string, shape: readonly number[]): this {
    const size = shape.reduce((product, n) => product * n, 1);
    this.#vectors.set(name, { size, parts: [{ tensor, shape, first: 0, step: 1 }] });
    return this;
  }

  /** `token_embd`, `output_norm`, and `output` where the embedding does not serve as head. */
  embeddings({ vocab, width }: Hyperparameters): this {
    this.stacked('token_embd', width, [{ tensor: 'token_embd.weight', rows: vocab }]).vector('output_norm', width);
    return this.has('output.weight') ? this.matrix('output', vocab, width) : this;
  }

  /** What a layer of most decoders has: norms before attention and feed-forward, and the products of both. */
  layer(blk: string, hp: Hyperparameters): this {
    return this.vector(`${blk}.attn_norm`, hp.width)
      .qkv(blk, hp)
      .matrix(`${blk}.attn_output`, hp.width, hp.heads * hp.headDim)
      .vector(`${blk}.ffn_norm`, hp.width)
      .gateUp(blk, hp)
      .matrix(`${blk}.ffn_down`, hp.width, hp.ffnWidth);
  }

  /** `blk.qk_norm`: the norms' weights for queries, then for keys, of so many floats each. */
  qkNorm(blk: string, queries: number, keys: number): this {
    return this.joined(`${blk}.qk_norm`, [
      [`${blk}.attn_q_norm.weight`, queries],
      [`${blk}.attn_k_norm.weight`, keys],
    ]);
  }

  /** The norms of branches on their way out. */
  postNorms(blk: string, { width }: Hyperparameters): this {
    return this.vector(`${blk}.post_attention_norm`, width).vector(`${blk}.post_ffw_norm`, width);
  }

  /** `blk.attn_qkv` [q + 2 · kv, width]: queries, keys, values, from one tensor or three, and the biases there are. */
  qkv(blk: string, { heads, kvHeads, headDim, width }: Hyperparameters): this {
    const [q, kv] = [heads * headDim, kvHeads * headDim];
    const name = `${blk}.attn_qkv`;
    if (this.has(`${name}.weight`)) this.stacked(name, width, [{ tensor: `${name}.weight`, rows: q + 2 * kv }]);
    else {
      this.stacked(name, width, [
        { tensor: `${blk}.attn_q.weight`, rows: q },
        { tensor: `${blk}.attn_k.weight`, rows: kv },
        { tensor: `${blk}.attn_v.weight`, rows: kv },
      ]);
    }
    if (this.has(`${name}.bias`)) return this.#bias(name, q + 2 * kv, [[name, q + 2 * kv]], 1);
    const separate = [
      [`${blk}.attn_q`, q],
      [`${blk}.attn_k`, kv],
      [`${blk}.attn_v`, kv],
    ] as const;
    return this.#bias(name, q + 2 * kv, separate, 1);
  }

  /**
   * `blk.ffn_gate_up` [2 · ffn, width]: rows of gate and up in turns, from two tensors or one that has gate above up; where their types
   * differ, `blk.ffn_gate` and `blk.ffn_up`.
   */
  gateUp(blk: string, { ffnWidth: rows, width }: Hyperparameters): this {
    const name = `${blk}.ffn_gate_up`;
    const [gate, up] = [`${blk}.ffn_gate`, `${blk}.ffn_up`];
    const [gateType, upType] = [gate, up].map((tensor) => this.#file.tensors.get(`${tensor}.weight`)?.type);
    if (gateType && upType && gateType !== upType) return this.matrix(gate, rows, width).matrix(up, rows, width);
    const joint = !gateType;
    const parts = joint
      ? [
          whole({ tensor: `${up}.weight`, rows, tensorRows: 2 * rows }, 0, 2),
          whole({ tensor: `${up}.weight`, rows, from: rows, tensorRows: 2 * rows }, 1, 2),
        ]
      : [whole({ tensor: `${gate}.weight`, rows }, 0, 2), whole({ tensor: `${up}.weight`, rows }, 1, 2)];
    this.#matrices.set(name, { rows: 2 * rows, cols: width, parts });
    if (joint) return this;
    return this.#bias(
      name,
      2 * rows,
      [
        [gate, rows],
        [up, rows],
      ],
      2,
    );
  }

  /** `name.bias` of the biases that the file has: one after another, or in turns (step 2). */
  #bias(name: string, size: number, list: readonly (readonly [tensor: string, size: number])[], step: 1 | 2): this {
    const parts: { tensor: string; shape: number[]; first: number; step: number }[] = [];
    let first = 0;
    for (const [tensor, count] of list) {
      if (this.has(`${tensor}.bias`)) parts.push({ tensor: `${tensor}.bias`, shape: [count], first, step });
      first += step === 1 ? count : 1;
    }
    if (parts.length > 0) this.#vectors.set(`${name}.bias`, { size, parts });
    return this;
  }
}

function whole({ tensor, rows, from = 0, tensorRows = rows }: Rows, firstRow: number, rowStep: number): MatrixPart {
  return { tensor, tensorRows, fromRow: from, rows, firstRow, rowStep };
}
