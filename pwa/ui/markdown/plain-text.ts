/**
 * What a reader of drawn markdown reads, as text: for a line in a list, where nothing is drawn.
 *
 * @module
 */
import { Lexer } from 'marked';
import type { MarkedToken, Token, Tokens } from 'marked';
import { linkOf } from './link.ts';

const ENTITIES = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }));

/** Each block on lines of its own. Raw HTML is text, as it is where it is drawn; links show the place that they lead to, as they do there. */
export function plainText(markdown: string): string {
  try {
    return textOf(Lexer.lex(markdown, { gfm: true })).trim();
  } catch {
    return markdown; // quotes in quotes, thousands deep, are more than the parser's stack holds
  }
}

const textOf = (tokens: readonly Token[]): string => tokens.map((token) => textOfToken(token as MarkedToken)).join('');

function textOfToken(token: MarkedToken): string {
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'def':
    case 'checkbox':
      return '';
    case 'br':
      return '\n';
    case 'code':
      return `${token.text}\n`;
    case 'codespan':
    case 'escape':
    case 'html':
      return token.text;
    case 'image':
      return `${token.text || 'image'}${placeOf(token)}`;
    case 'link':
      return `${textOf(token.tokens)}${placeOf(token)}`;
    case 'text':
      return token.tokens ? `${textOf(token.tokens)}\n` : withoutEntities(token.text);
    case 'list':
      return textOfList(token);
    case 'table':
      return textOfTable(token);
    case 'heading':
    case 'paragraph':
      return `${textOf(token.tokens)}\n`;
    default:
      return textOf(token.tokens);
  }
}

/** ' (example.org)' */
function placeOf({ href, text }: Tokens.Link | Tokens.Image): string {
  const { place } = linkOf(href, text) ?? {};
  return place === undefined ? '' : ` (${place})`;
}

function textOfList({ ordered, start, items }: Tokens.List): string {
  const mark = (index: number) => (ordered ? `${Number(start) + index}.` : '•');
  return items.map(({ tokens }, index) => `${mark(index)} ${textOf(tokens)}`).join('');
}

function textOfTable({ header, rows }: Tokens.Table): string {
  return [header, ...rows].map((row) => `${row.map(({ tokens }) => textOf(tokens)).join(' ')}\n`).join('');
}

/** Those by number the parser reads itself. Browsers know more names; models hardly write any others. */
function withoutEntities(text: string): string {
  return text.replace(/&(\w+);/g, (entity, name: string) => ENTITIES.get(name) ?? entity);
}
