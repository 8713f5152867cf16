/**
 * Reads a chat template's source: its syntax tree, and on which line each of its tags stands, which the library that
 * parses it does not tell.
 *
 * @module
 */
import { parse, tokenize } from '@huggingface/jinja';
import { legible, LocalLLMError } from '../protocol/errors.ts';
import { MAX_BLANKS, MAX_TEMPLATE_CHARS } from './template-limits.ts';

/** What to do about a template that cannot be used. */
export const OFFER_CHATML = "Use ChatML instead (template: 'chatml'), or choose another model";

type SyntaxTree = ReturnType<typeof parse>;
type Token = ReturnType<typeof tokenize>[number];

/** A node of the library's syntax tree, of which it exports no types. */
export interface Node {
  readonly type: string;
}

export interface Program {
  tree: SyntaxTree;
  /** Of the nodes that tags are: `{{ … }}` and `{% … %}`, 1-based. */
  lines: ReadonlyMap<Node, number>;
  /** The nodes whose value is written: `{{ … }}`. */
  written: ReadonlySet<Node>;
}

/** Line of each tag and comment, in order; those of `generation`, which the library takes out, aside. */
function scanTags(source: string): { lines: number[]; unclosed: boolean } {
  const lines: number[] = [];
  const opening = /\{[{%#]/g;
  let line = 1;
  let counted = 0;
  for (let match = opening.exec(source); match !== null; match = opening.exec(source)) {
    for (; counted < match.index; counted++) if (source.charCodeAt(counted) === 10) line++;
    const end = endOfTag(source, match.index + 2, match[0]);
    const tag = source.slice(match.index, end);
    if (!/^\{%-?\s*(?:end)?generation\s*-?%\}$/.test(tag)) lines.push(line);
    if (end === undefined) return { lines, unclosed: true };
    opening.lastIndex = end;
  }
  return { lines, unclosed: false };
}

/** Past a tag's closing brackets; those in texts, and `}}` of a dictionary, do not close it. */
function endOfTag(source: string, start: number, open: string): number | undefined {
  if (open === '{#') {
    const end = source.indexOf('#}', start);
    return end < 0 ? undefined : end + 2;
  }
  const part = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|%\}|\}\}|[{}'"]/g;
  part.lastIndex = start;
  let braces = 0;
  for (let match = part.exec(source); match !== null; match = part.exec(source)) {
    const found = match[0];
    if (found === "'" || found === '"') return undefined;
    if (found === '%}' && open === '{%') return part.lastIndex;
    if (found === '}}' && braces === 0 && open === '{{') return part.lastIndex;
    if (found === '{') braces++;
    if (found === '}' || found === '}}') {
      braces--;
      if (found === '}}') part.lastIndex--;
    }
  }
  return undefined;
}

/** Walks tokens and tree side by side. */
class Locator {
  readonly lines = new Map<Node, number>();
  readonly written = new Set<Node>();
  private readonly tokens: readonly Token[];
  private readonly tagLines: readonly number[];
  private at = 0;
  private tag = 0;

  constructor(tokens: readonly Token[], tagLines: readonly number[]) {
    this.tokens = tokens;
    this.tagLines = tagLines;
  }

  block(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const type = this.tokens[this.at]?.type;
      if (type === 'Text') this.at++;
      else if (type === 'Comment') {
        this.at++;
        this.tag++;
      } else {
        if (type === 'OpenExpression') this.written.add(node);
        this.statement(node);
      }
    }
  }

  private skipTag(): void {
    const close = this.tokens[this.at]?.type === 'OpenStatement' ? 'CloseStatement' : 'CloseExpression';
    while (this.at < this.tokens.length && this.tokens[this.at]!.type !== close) this.at++;
    this.at++;
    this.tag++;
  }

  private statement(node: Node): void {
    const line = this.tagLines[this.tag];
    if (line !== undefined) this.lines.set(node, line);
    const { body, value, alternate, defaultBlock } = node as Node & {
      body?: readonly Node[];
      value?: unknown;
      alternate?: readonly Node[];
      defaultBlock?: readonly Node[];
    };
    this.skipTag();
    if (body === undefined || (node.type === 'Set' && value !== null)) return;
    this.block(body);
    if (this.tokens[this.at + 1]?.value === 'elif') {
      // Its own `if`, which the same `endif` closes.
      this.statement(alternate![0]!);
      return;
    }
    if (this.tokens[this.at + 1]?.value === 'else') {
      this.skipTag();
      this.block(alternate ?? defaultBlock ?? []);
    }
    this.skipTag();
  }
}

/** White space around blocks as `transformers` and llama.cpp have it. */
const tokensOf = (source: string) => tokenize(source, { lstrip_blocks: true, trim_blocks: true });

/** The line of the tag in which the parser stopped: that of the last token it looked at. */
function lineOfParseError(tokens: readonly Token[], tagLines: readonly number[]): number | undefined {
  let last = -1;
  const watched = new Proxy([...tokens], {
    get: (target, key) => {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (index < target.length) last = Math.max(last, index);
      return Reflect.get(target, key) as unknown;
    },
  });
  try {
    parse(watched);
  } catch {
    const opens = tokens
      .slice(0, last + 1)
      .filter(({ type }) => /^(?:Comment|Open(?:Statement|Expression))$/.test(type));
    return tagLines[opens.length - 1];
  }
  return undefined;
}

/** The line of the first tag that cannot be cut into tokens. */
function lineOfTokenError(source: string, tagLines: readonly number[], unclosed: boolean): number | undefined {
  if (unclosed) return tagLines.at(-1);
  const ends = Array.from(source.matchAll(/[%}#]\}/g), (match) => match.index + 2);
  // The shortest beginning that fails: a cut inside a text fails too, but only from its own tag on.
  let low = 0;
  let high = ends.length - 1;
  const fails = (end: number) => {
    try {
      tokensOf(source.slice(0, end));
      return false;
    } catch (error) {
      return !(error instanceof Error && error.message === 'Unexpected end of input');
    }
  };
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fails(ends[middle]!)) high = middle;
    else low = middle + 1;
  }
  return high < 0 ? undefined : scanTags(source.slice(0, ends[low])).lines.at(-1);
}

function unreadable(problem: string, line?: number, cause?: unknown): LocalLLMError {
  const place = line === undefined ? '' : `, line ${line}`;
  return new LocalLLMError(
    'template',
    `The model's chat template cannot be read${place}: ${legible(problem)}. ${OFFER_CHATML}.`,
    {
      cause,
    },
  );
}

/** What the parser's own message says, or what it means. */
function problemOf(error: unknown): string {
  if (error instanceof RangeError) return 'it nests too deep';
  // The parser reads on past the last token.
  if (error instanceof TypeError) return 'it ends within a tag or block, such as an if without its endif';
  return error instanceof Error ? error.message : String(error);
}

/** @throws LocalLLMError template, with the line where it can be told */
export function parseTemplate(source: string): Program {
  if (source.length > MAX_TEMPLATE_CHARS) {
    throw unreadable(`it has ${source.length} characters; at most ${MAX_TEMPLATE_CHARS} are allowed`);
  }
  const blanks = new RegExp(`\\s{${MAX_BLANKS + 1}}`).exec(source);
  if (blanks !== null) {
    const line = source.slice(0, blanks.index).split('\n').length;
    throw unreadable(`it has more than ${MAX_BLANKS} white-space characters in a row`, line);
  }
  const { lines: tagLines, unclosed } = scanTags(source);
  let tokens: Token[] = [];
  try {
    tokens = tokensOf(source);
    const tree = parse(tokens);
    const opens = tokens.filter(({ type }) => /^(?:Comment|Open(?:Statement|Expression))$/.test(type)).length;
    // Without a line for each tag rather none than a wrong one.
    const locator = new Locator(tokens, opens === tagLines.length ? tagLines : []);
    locator.block(tree.body);
    return { tree, lines: locator.lines, written: locator.written };
  } catch (error) {
    const line =
      tokens.length === 0 ? lineOfTokenError(source, tagLines, unclosed) : lineOfParseError(tokens, tagLines);
    throw unreadable(problemOf(error), line, error);
  }
}
