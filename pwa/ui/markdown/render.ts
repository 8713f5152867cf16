/**
 * Markdown from a model, which is hostile input, as HTML that is safe to show.
 *
 * Raw HTML is shown as text, images become links, links lead only to the web or to mail and show where they lead;
 * DOMPurify then removes whatever should not have come this far.
 *
 * @module
 */
import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import type { Token, Tokens, TokensList } from 'marked';
import { linkOf } from './link.ts';

/** One top-level piece: code is drawn by a component with a copy button, the rest is HTML. */
export type Block =
  | { kind: 'html'; key: string; html: string }
  | { kind: 'code'; key: string; language: string; text: string };

/** Attributes that hold no address. */
const PLAIN_ATTRIBUTES = ['target', 'rel', 'title', 'class', 'start', 'align', 'type', 'checked', 'disabled'];
const ALLOWED = {
  ALLOWED_TAGS:
    'p br hr strong em del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td a span input'.split(
      ' ',
    ),
  ALLOWED_ATTR: ['href', ...PLAIN_ATTRIBUTES],
  // DOMPurify would hold these against the expression for addresses too.
  ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    link({ href, tokens, text }) {
      return renderLink(href, this.parser.parseInline(tokens), text);
    },
    image: ({ href, text }) => renderLink(href, escapeHtml(text || 'image'), text),
    checkbox: ({ checked }) => `<input type="checkbox" disabled${checked ? ' checked' : ''}> `,
  },
});

const purifier = DOMPurify();

/**
 * The top-level blocks of a markdown text. `previous` gives back the blocks that did not change, so that a growing answer
 * costs only its last block.
 */
export function renderBlocks(text: string, previous: readonly Block[] = []): Block[] {
  const known = new Map(previous.map((block) => [block.key, block]));
  const tokens = marked.lexer(text);
  // A reference that is defined later changes what an earlier block means.
  const references = Object.keys(tokens.links).join(' ');
  return tokens
    .filter(({ type }) => type !== 'space' && type !== 'def')
    .map((token) => {
      const key = `${references}\n${token.raw}`;
      return known.get(key) ?? renderBlock(token, tokens, key);
    });
}

function renderBlock(token: Token, { links }: TokensList, key: string): Block {
  if (token.type === 'code') {
    const { lang = '', text } = token as Tokens.Code;
    return { kind: 'code', key, language: lang.split(/\s/, 1)[0] ?? '', text };
  }
  const one = Object.assign([token], { links });
  return { kind: 'html', key, html: purifier.sanitize(marked.parser(one), ALLOWED) };
}

/** A link with the place behind it that it leads to; what may not be a link stays text. */
function renderLink(address: string, inner: string, text: string): string {
  const link = linkOf(address, text);
  if (!link) return inner;
  const { href, place } = link;
  const shown = place === undefined ? '' : ` <span class="link-host">(${escapeHtml(place)})</span>`;
  const attributes = `target="_blank" rel="noopener noreferrer nofollow" title="${escapeHtml(href)}"`;
  return `<a href="${escapeHtml(href)}" ${attributes}>${inner}</a>${shown}`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
