import type { Fragment } from '../kernel.ts';
import scoresPlain from '../lib/scores-plain.wgsl?raw';
import scoresSoftcap from '../lib/scores-softcap.wgsl?raw';

/** Attention's scores as they are, or bent into ± `params.softcap`. */
export function scoresFragment(softcap: boolean): Fragment {
  return softcap
    ? { file: 'shaders/lib/scores-softcap.wgsl', text: scoresSoftcap }
    : { file: 'shaders/lib/scores-plain.wgsl', text: scoresPlain };
}
