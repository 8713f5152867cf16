/**
 * The reading matter of a page: its article where it has one, else what it shows.
 *
 * @module
 */
import { Readability } from '@mozilla/readability';
import { copyVisible } from './copy.ts';
import { MAX_CHARACTERS } from './limits.ts';
import { plainText } from './plain-text.ts';

/** What comes back from the page: of a process that its scripts may have taken over. */
export interface PageText {
  /** 'text/html'; a viewer's page says what it shows. */
  contentType: string;
  text: string;
  /** The page has more. */
  cut: boolean;
}

/** With less, a page counts as one without an article: lists, tools, front pages. */
const ARTICLE_CHARACTERS = 250;
const ARTICLE_SHARE = 0.15;
const PDF = 'application/pdf';

// Of the prototype: an element may bear the name of the document's own member.
const contentTypeOf = Object.getOwnPropertyDescriptor(Document.prototype, 'contentType')!.get!;

export function readPage(page: Document): PageText {
  const contentType: string = contentTypeOf.call(page);
  if (contentType === PDF) return { contentType, text: '', cut: false };
  const copy = copyVisible(page);
  const whole = plainText(mainOf(copy.document));
  const article = articleOf(copy.document);
  const text = article.length > Math.max(ARTICLE_CHARACTERS, whole.length * ARTICLE_SHARE) ? article : whole;
  return { contentType, text: text.slice(0, MAX_CHARACTERS), cut: copy.cut || text.length > MAX_CHARACTERS };
}

/** Empty where there is none. Takes the document apart. */
function articleOf(document: Document): string {
  const options = { charThreshold: ARTICLE_CHARACTERS, keepClasses: true, disableJSONLD: true };
  try {
    const found = new Readability<Node>(document, { ...options, serializer: (node) => node }).parse();
    return found?.content instanceof Element ? plainText(found.content) : '';
  } catch {
    return ''; // made for the web as it is, not for pages that want it to fail
  }
}

function mainOf(document: Document): Element {
  const mains = document.querySelectorAll('main, [role="main"]');
  const articles = document.querySelectorAll('article');
  return (mains.length === 1 && mains[0]) || (articles.length === 1 && articles[0]) || document.body;
}
