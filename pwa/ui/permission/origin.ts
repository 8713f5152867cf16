/**
 * An origin, taken apart so that a person sees who asks.
 *
 * @module
 */
import { readLabel } from './punycode.ts';

export interface SpelledOrigin {
  scheme: string;
  /** What stands in front of the domain: 'login.' */
  before: string;
  /** What somebody registered, and so answers for: 'example.org'. */
  domain: string;
  /** ':8080', or nothing. */
  port: string;
  /** The host as the network knows it (xn--…), where it is shown in other letters. */
  code?: string;
  /** What to look at twice. */
  warnings: string[];
}

/** Under a country's domain these are registers themselves: co.uk, com.au. */
const REGISTERS = new Set('ac co com edu go gob gov ltd me mil ne net nom or org plc sch'.split(' '));
/** Here everybody has a name of their own below. Not all such places: without it a name counts to its host, as it is rented there. */
const LANDLORDS = new Set(
  (
    'amplifyapp.com appspot.com azurestaticapps.net azurewebsites.net blogspot.com cloudfront.net codesandbox.io csb.app deno.dev ' +
    'firebaseapp.com fly.dev github.dev github.io gitlab.io glitch.me herokuapp.com hf.space itch.io neocities.org netlify.app ' +
    'ngrok-free.app ngrok.io onrender.com pages.dev readthedocs.io replit.app repl.co stackblitz.io streamlit.app surge.sh ' +
    'translate.goog trycloudflare.com vercel.app web.app webcontainer.io wordpress.com workers.dev'
  ).split(' '),
);

/** Spells an origin as the URL API does; undefined for what is no http or https origin. */
export function spellOrigin(origin: string): SpelledOrigin | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  if (url.origin !== origin || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  const warnings: string[] = [];
  const coded = url.hostname.split('.');
  const read = coded.map(readLabel);
  const legible = read.every((label) => label !== undefined);
  if (!legible) {
    warnings.push(
      'This address has letters beyond a–z, spelled here in code (xn--). They can imitate a name you know.',
    );
  }
  const local = /(^|\.)localhost$/.test(url.hostname) || url.hostname === '127.0.0.1' || url.hostname === '[::1]';
  if (url.protocol === 'http:' && !local) {
    warnings.push('The connection is not encrypted: others on the network can read and change this page.');
  }
  const labels = legible ? read : coded;
  const from = labels.length - domainLabels(coded);
  return {
    scheme: `${url.protocol}//`,
    before: labels
      .slice(0, from)
      .map((label) => `${label}.`)
      .join(''),
    domain: labels.slice(from).join('.'),
    port: url.port && `:${url.port}`,
    ...(legible && labels.join('.') !== url.hostname && { code: url.hostname }),
    warnings,
  };
}

/** How many of the last labels are the domain; all of them, of an address in numbers or a name of this machine. */
function domainLabels(labels: readonly string[]): number {
  const last = labels.at(-1) ?? '';
  if (last === 'localhost' || last.endsWith(']') || /^\d+$/.test(last)) return labels.length;
  const register = last.length === 2 && REGISTERS.has(labels.at(-2) ?? '');
  return Math.min(labels.length, register || LANDLORDS.has(labels.slice(-2).join('.')) ? 3 : 2);
}
