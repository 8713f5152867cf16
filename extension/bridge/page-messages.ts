/**
 * What travels over the port between the page's own world and the content script: DownFrames down, these up.
 *
 * @module
 */
import type { ErrorData } from '../../engine/protocol/errors.ts';
import type { UpFrame } from '../../engine/protocol/messages.ts';

/** The window message that hands the port over. */
export const HELLO = 'localllm:port';
/** Besides frames: the content script's own connection is gone, and with it every open request. */
export type PageUp = UpFrame | { t: 'closed'; error: ErrorData };
