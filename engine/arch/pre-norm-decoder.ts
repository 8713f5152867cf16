/**
 * The decoder that llama made common: RMSNorm before attention and feed-forward, grouped-query attention, SwiGLU. Architectures that
 * differ from it in their rotations alone share its forward.
 *
 * @module
 */
import { attention, type RopeOptions } from '../ops/attention.ts';
import type { ForwardContext } from '../ops/context.ts';
import { embed } from '../ops/embed.ts';
import { gateUp, linear, outputHead } from '../ops/linear.ts';
import { addRmsNorm, rmsNorm } from '../ops/norm.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { openActivations } from './activations.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { SpecBuilder } from './weight-specs.ts';

/** The usual tensors, and what `more` lists of a layer beside them. */
export function preNormWeights(
  hp: Hyperparameters,
  file: GgufFile,
  more: (specs: SpecBuilder, blk: string) => void = () => {},
) {
  const specs = new SpecBuilder(file).embeddings(hp);
  for (let i = 0; i < hp.layers; i++) more(specs.layer(`blk.${i}`, hp), `blk.${i}`);
  return specs.build();
}

export interface PreNormOptions<H extends Hyperparameters> {
  /** How queries and keys of a layer are normalized and rotated. */
  rope: (f: ForwardContext, hp: H, layer: number) => RopeOptions;
  /** Factor of attention's scores. */
  attentionScale?: (hp: H) => number;
}

/** Names of taps are llama.cpp's names of the same values. */
export function preNormForward<H extends Hyperparameters>({
  rope,
  attentionScale = ({ headDim }) => 1 / Math.sqrt(headDim),
}: PreNormOptions<H>): Architecture<H>['forward'] {
  return async (f, hp) => {
    const { weights: w } = f;
    const { residual, normed, branch, qkv, attended, hidden, result, logits } = await openActivations(f, hp);
    embed(f, w.matrix('token_embd'), residual, 'inp_embd');
    rmsNorm(f, residual, w.vector('blk.0.attn_norm'), normed, hp.rmsEpsilon);
    for (let i = 0; i < hp.layers; i++) {
      const blk = `blk.${i}`;
      linear(f, normed, `${blk}.attn_qkv`, qkv);
      const taps = { q: `Qcur-${i}`, k: `Kcur-${i}` };
      attention(f, qkv, i, hp, { rope: rope(f, hp, i), scale: attentionScale(hp), taps }, attended);
      linear(f, attended, `${blk}.attn_output`, branch, { tap: `attn_out-${i}` });
      addRmsNorm(f, residual, branch, w.vector(`${blk}.ffn_norm`), normed, hp.rmsEpsilon, { tap: `ffn_inp-${i}` });
      gateUp(f, normed, blk, 'silu', hidden);
      linear(f, hidden, `${blk}.ffn_down`, branch, { tap: `ffn_out-${i}` });
      const last = i === hp.layers - 1;
      const next = w.vector(last ? 'output_norm' : `blk.${i + 1}.attn_norm`);
      addRmsNorm(f, residual, branch, next, last ? result : normed, hp.rmsEpsilon, { tap: `l_out-${i}` });
    }
    outputHead(f, result, logits, { tap: 'result_output' });
    return logits.buffer;
  };
}
