/**
 * Llama: RMSNorm, rotary positions on interleaved pairs, grouped-query attention, SwiGLU.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { addRmsNorm, rmsNorm } from '../ops/norm.ts';
import { attention, ropeAppend } from '../ops/attention.ts';
import { embed } from '../ops/embed.ts';
import { linear } from '../ops/linear.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Architecture, Hyperparameters, MatrixSpec, VectorSpec } from './architecture.ts';
import { readPositive, readTransformer } from './read-hyperparameters.ts';

function hyperparameters({ metadata, tensors }: GgufFile): Hyperparameters {
  const { ropeDim, ropeBase, ...common } = readTransformer(metadata, 'llama');
  const experts = metadata.number('llama.expert_count', 0);
  if (experts > 0) throw unsupported(`llama.expert_count is ${experts}: mixtures of experts are not supported.`);
  const scaling = metadata.string('llama.rope.scaling.type', 'none');
  if (scaling !== 'none' && scaling !== 'linear') {
    throw unsupported(`llama.rope.scaling.type is "${scaling}"; "none" and "linear" are supported.`);
  }
  return {
    ...common,
    vocab: tensors.get('token_embd.weight')?.shape[1] ?? 0,
    rope: {
      dim: ropeDim,
      base: ropeBase,
      scale: scaling === 'linear' ? readPositive(metadata, 'llama.rope.scaling.factor') : 1,
      ...(tensors.has('rope_freqs.weight') ? { factorsTensor: 'rope_freqs.weight' } : {}),
    },
  };
}

const unsupported = (message: string) => new LocalLLMError('not-supported', message);

function weights(hp: Hyperparameters, file: GgufFile) {
  const { width, heads, kvHeads, headDim, ffnWidth, vocab } = hp;
  const q = heads * headDim;
  const kv = kvHeads * headDim;
  const matrices = new Map<string, MatrixSpec>();
  const vectors = new Map<string, VectorSpec>();
  const whole = (name: string, rows: number, cols: number) =>
    matrices.set(name, { rows, cols, parts: [{ tensor: `${name}.weight`, rows, firstRow: 0, rowStep: 1 }] });
  whole('token_embd', vocab, width);
  if (file.tensors.has('output.weight')) whole('output', vocab, width);
  vectors.set('output_norm', { tensor: 'output_norm.weight', size: width });
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    for (const norm of ['attn_norm', 'ffn_norm']) {
      vectors.set(`${blk}.${norm}`, { tensor: `${blk}.${norm}.weight`, size: width });
    }
    matrices.set(`${blk}.attn_qkv`, {
      rows: q + 2 * kv,
      cols: width,
      parts: [
        { tensor: `${blk}.attn_q.weight`, rows: q, firstRow: 0, rowStep: 1 },
        { tensor: `${blk}.attn_k.weight`, rows: kv, firstRow: q, rowStep: 1 },
        { tensor: `${blk}.attn_v.weight`, rows: kv, firstRow: q + kv, rowStep: 1 },
      ],
    });
    whole(`${blk}.attn_output`, width, q);
    matrices.set(`${blk}.ffn_gate_up`, {
      rows: 2 * ffnWidth,
      cols: width,
      parts: [
        { tensor: `${blk}.ffn_gate.weight`, rows: ffnWidth, firstRow: 0, rowStep: 2 },
        { tensor: `${blk}.ffn_up.weight`, rows: ffnWidth, firstRow: 1, rowStep: 2 },
      ],
    });
    whole(`${blk}.ffn_down`, width, ffnWidth);
  }
  return { matrices, vectors };
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture['forward'] = async (f, hp) => {
  const { weights: w } = f;
  const q = hp.heads * hp.headDim;
  const kv = hp.kvHeads * hp.headDim;
  const residual = await f.activation('residual', hp.width);
  const normed = await f.activation('normed', hp.width);
  const branch = await f.activation('branch', hp.width);
  const qkv = await f.activation('qkv', q + 2 * kv);
  const attended = await f.activation('attended', q);
  const hidden = await f.activation('hidden', hp.ffnWidth);
  const result = await f.activation('result', hp.width, 'outputs');
  const logits = await f.activation('logits', hp.vocab, 'outputs');

  embed(f, w.matrix('token_embd'), residual, 'inp_embd');
  rmsNorm(f, residual, w.vector('blk.0.attn_norm'), normed, hp.rmsEpsilon);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    linear(f, normed, w.matrix(`${blk}.attn_qkv`), qkv);
    ropeAppend(f, qkv, i, hp, { pairing: 'interleaved', dim: hp.rope.dim }, { q: `Qcur-${i}`, k: `Kcur-${i}` });
    attention(f, qkv, i, hp, 1 / Math.sqrt(hp.headDim), attended);
    linear(f, attended, w.matrix(`${blk}.attn_output`), branch, { tap: `attn_out-${i}` });
    addRmsNorm(f, residual, branch, w.vector(`${blk}.ffn_norm`), normed, hp.rmsEpsilon, `ffn_inp-${i}`);
    linear(f, normed, w.matrix(`${blk}.ffn_gate_up`), hidden, { glu: 'silu' });
    linear(f, hidden, w.matrix(`${blk}.ffn_down`), branch, { tap: `ffn_out-${i}` });
    const last = i === hp.layers - 1;
    const next = w.vector(last ? 'output_norm' : `blk.${i + 1}.attn_norm`);
    addRmsNorm(f, residual, branch, next, last ? result : normed, hp.rmsEpsilon, `l_out-${i}`);
  }
  const head = w.has('output') ? w.matrix('output') : w.matrix('token_embd');
  linear(f, result, head, logits, { tap: 'result_output' });
  return logits.buffer;
};

export const llama: Architecture = { name: 'llama', hyperparameters, weights, forward };
