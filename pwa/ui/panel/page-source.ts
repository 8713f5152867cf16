/**
 * How the panel comes by what the browser shows beside it; the extension implements it.
 *
 * @module
 */
import type { Attachment } from '../history/records.ts';

export type PagePart = 'page' | 'selection';

export type PageReading =
  | {
      attachment: Attachment;
      /** The page has more. */
      cut: boolean;
    }
  | {
      /** Why there is nothing, and what to do. */
      message: string;
      /** The browser would let it, if it was asked for this site. */
      allow?: {
        /** 'example.org' */
        site: string;
        /** Asks, then reads what was to be read. In a click only. */
        read(): Promise<PageReading>;
      };
    };

/** Reads what the person asked about elsewhere: in the page's context menu, or by the keyboard. */
export type PageAsk = () => Promise<PageReading>;

export interface PageSource {
  /** Of the tab that is shown beside the panel. Never rejects. */
  read(part: PagePart): Promise<PageReading>;
  /** What the person asked about elsewhere since the last call. */
  take(): Promise<PageAsk[]>;
  /** Calls back when there may be something to take, until the returned function is called. */
  watch(listener: () => void): () => void;
}
