/**
 * What travels over the port between the page's own world and the content script: DownFrames down, these up.
 *
 * @module
 */
import type { ErrorData } from '../../engine/protocol/errors.ts';
import type { UpFrame } from '../../engine/protocol/messages.ts';

/** The window message that hands the port over. */
export const HELLO = 'localllm:port';
/** Tells the provider that the person wants `globalThis.LanguageModel` here. */
export const OFFER_EVENT = 'localllm:offer-language-model';
/** Besides frames: the content script's own connection is gone, and with it every open request. */
export type PageUp = UpFrame | { t: 'closed'; error: ErrorData };

/** From the background to the content script of a tab's top frame: does its page let frames of this origin use localLLM? */
export interface DelegationCall {
  localllm: 'delegation';
  id: string;
  origin: string;
}
/** From the side panel to the content script of a tab's top frame, which answers with a message: the browser says whose that is. */
export interface WhereCall {
  localllm: 'where';
  id: string;
}
export interface Here {
  localllm: 'here';
  id: string;
}
/** From the background to a document of which it has a grant: are you there? */
export const PING = 'localllm:ping';
