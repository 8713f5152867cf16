/**
 * Copies what a page shows into a document of its own: no scripts, no form fields, nothing hidden, and bounded. Runs in the
 * extension's own world of the page, where the page's scripts changed no prototypes. Elements may still bear the names of members
 * (`<form><input name="firstChild">`), so nothing is asked of an element or of the document directly.
 *
 * @module
 */
import { MAX_COPIED_CHARACTERS, MAX_DEPTH, MAX_ELEMENTS } from './limits.ts';

const SKIPPED = new Set(
  'audio base button canvas embed frame iframe img input link map meta noscript object picture script select style svg template textarea video'.split(
    ' ',
  ),
);
/** Whatever else a page has becomes a `div` or a `span`. */
const KEPT = new Set(
  'a abbr address article aside b blockquote br caption center cite code dd del details div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i ins li main mark nav ol p pre q s section small span strong sub summary sup table tbody td tfoot th thead time tr u ul'.split(
    ' ',
  ),
);
/** What tells an article from what stands around it. */
const ATTRIBUTES = ['class', 'id', 'role', 'itemprop'];
const MAX_ATTRIBUTE = 200;
/** Set on what starts a line of its own in the page. */
export const BLOCK = 'data-block';
const IN_LINE = /^(inline|contents|ruby|none)/;
const MIN_FONT_PX = 2;

const { checkVisibility, getAttribute, getBoundingClientRect } = Element.prototype;
const { assignedNodes } = HTMLSlotElement.prototype;
const localName = getter(Element.prototype, 'localName') as (on: Node) => string;
const firstChild = getter(Node.prototype, 'firstChild') as (on: Node) => Node | null;
const nextSibling = getter(Node.prototype, 'nextSibling') as (on: Node) => Node | null;
const textOf = getter(CharacterData.prototype, 'data') as (on: Node) => string;
const openShadowOf = getter(Element.prototype, 'shadowRoot') as (on: Node) => ShadowRoot | null;
const bodyOf = getter(Document.prototype, 'body') as (on: Node) => HTMLElement | null;
const rootOf = getter(Document.prototype, 'documentElement') as (on: Node) => HTMLElement;

export interface PageCopy {
  document: Document;
  /** Of text, without what only separates elements. */
  characters: number;
  /** The page has more than is copied of any page. */
  cut: boolean;
}

interface Level {
  children: Iterator<Node>;
  /** Where copies of them go. */
  to: Element;
  /** Whether text directly in it can be seen. */
  legible: boolean;
}

/** Of the page itself, not of frames in it. Costs one layout, and time in proportion to the elements. */
export function copyVisible(page: Document): PageCopy {
  const copy = new DOMParser().parseFromString('', 'text/html');
  const found: PageCopy = { document: copy, characters: 0, cut: false };
  const body = bodyOf(page);
  if (!body) return found;
  const edge = leftEdge(rootOf(page));
  const levels: Level[] = [{ children: childrenOf(body), to: copy.body, legible: isLegible(getComputedStyle(body)) }];
  let elements = 0;
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const { done, value: node } = level.children.next();
    if (done) levels.pop();
    else if (node instanceof Text) {
      if (!level.legible) continue;
      const text = textOf(node);
      level.to.append(text.slice(0, MAX_COPIED_CHARACTERS));
      found.characters += text.trim().length;
    } else if (node instanceof Element) {
      const style = getComputedStyle(node);
      elements++;
      if (!isShown(node, style, edge, level.to)) continue;
      const to = levels.length < MAX_DEPTH ? level.to.appendChild(imitate(node, style, copy)) : level.to;
      levels.push({ children: childrenOf(node), to, legible: isLegible(style) });
    }
    if (elements > MAX_ELEMENTS || found.characters > MAX_COPIED_CHARACTERS) return { ...found, cut: true };
  }
  return found;
}

/** As they are drawn: of a shadow tree where there is one, a closed one too; of a slot what is put there. */
function* childrenOf(parent: Element): Generator<Node> {
  if (parent instanceof HTMLSlotElement) {
    const assigned: Node[] = assignedNodes.call(parent);
    if (assigned.length > 0) return yield* assigned;
  }
  const shadow = parent instanceof HTMLElement ? shadowOf(parent) : null;
  for (let child = firstChild(shadow ?? parent); child; child = nextSibling(child)) yield child;
}

/** Only extensions see closed ones; a browser without that shows the open ones. */
function shadowOf(host: HTMLElement): ShadowRoot | null {
  const { dom } = chrome as { dom?: typeof chrome.dom };
  return dom ? dom.openOrClosedShadowRoot(host) : openShadowOf(host);
}

function isShown(
  element: Element,
  style: CSSStyleDeclaration,
  edge: { left: number; top: number },
  to: Element,
): boolean {
  const name = localName(element);
  // A heading that opens and closes its section is one button.
  if (SKIPPED.has(name)) return name === 'button' && /^(h[1-6]|summary)$/.test(to.localName);
  if (style.display === 'contents') return true; // no box of its own to see
  // Whether it is there, not whether its own text can be read: a child may be shown again.
  if (!checkVisibility.call(element, { opacityProperty: true })) return false;
  const { width, height, right, bottom } = getBoundingClientRect.call(element);
  // As screen readers' texts are hidden from everybody else, and as others hide what only a model shall read.
  if ((width <= 1 || height <= 1) && style.overflow !== 'visible') return false;
  if (width <= 1 && height <= 1) return true;
  return right > edge.left && bottom > edge.top;
}

function isLegible({ visibility, fontSize }: CSSStyleDeclaration): boolean {
  return visibility === 'visible' && Number.parseFloat(fontSize) >= MIN_FONT_PX;
}

/** Where the page begins, in the window's coordinates: nobody can scroll beyond. */
function leftEdge(root: HTMLElement): { left: number; top: number } {
  const rtl = getComputedStyle(root).direction === 'rtl';
  return { left: (rtl ? root.clientWidth - root.scrollWidth : 0) - window.scrollX, top: -window.scrollY };
}

function imitate(element: Element, { display }: CSSStyleDeclaration, copy: Document): Element {
  const inLine = IN_LINE.test(display);
  const name = localName(element);
  const made = copy.createElement(KEPT.has(name) ? name : inLine ? 'span' : 'div');
  for (const attribute of ATTRIBUTES) {
    const value: string | null = getAttribute.call(element, attribute);
    if (value !== null) made.setAttribute(attribute, value.slice(0, MAX_ATTRIBUTE));
  }
  if (!inLine) made.setAttribute(BLOCK, '');
  return made;
}

function getter(of: object, name: string): (on: Node) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(of, name)!;
  return (on) => get!.call(on) as unknown;
}
