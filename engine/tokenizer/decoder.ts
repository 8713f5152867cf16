/**
 * Token ids → bytes → text, whole or as it comes. Follows llama.cpp's `token_to_piece`.
 *
 * @module
 */
import { bytesOfText } from './byte-alphabet.ts';
import { TokenKind, type Vocabulary } from './vocabulary.ts';

export interface DecodeOptions {
  /** Show control tokens by their text. Default: they are nothing. */
  special?: boolean;
  /**
   * The ids go on from text that came before. Default: they begin a text, where the space that SPM vocabularies
   * put before every text is taken away again.
   */
  continues?: boolean;
}

export interface StreamDecoder {
  /** The text that this token completes: never part of a character; bytes of an incomplete one wait. */
  push(id: number): string;
  /** What waits still, as replacement characters; the decoder then begins anew. */
  flush(): string;
}

const NOTHING = new Uint8Array(0);
const UTF8 = new TextEncoder();

/** The bytes of each token. */
export class TokenBytes {
  private readonly vocabulary: Vocabulary;
  /** `▁` stands for a space and other characters for themselves, instead of one character per byte. */
  private readonly plain: boolean;
  /** Of tokens met so far, as they are when special ones show. */
  private readonly known: (Uint8Array | undefined)[];

  constructor(vocabulary: Vocabulary, plain: boolean) {
    this.vocabulary = vocabulary;
    this.plain = plain;
    this.known = Array<Uint8Array | undefined>(vocabulary.size).fill(undefined);
  }

  /** @throws LocalLLMError bad-argument for an id outside the vocabulary */
  of(id: number, special: boolean): Uint8Array {
    if (!special && this.vocabulary.is(id, TokenKind.CONTROL | TokenKind.UNKNOWN)) return NOTHING;
    return (this.known[id] ??= this.make(id));
  }

  private make(id: number): Uint8Array {
    const text = this.vocabulary.textOf(id);
    if (this.vocabulary.is(id, TokenKind.CONTROL | TokenKind.UNKNOWN | TokenKind.USER_DEFINED))
      return UTF8.encode(text);
    if (this.vocabulary.is(id, TokenKind.NORMAL)) {
      return this.plain ? UTF8.encode(text.replaceAll('▁', ' ')) : bytesOfText(text);
    }
    const byte = this.vocabulary.is(id, TokenKind.BYTE) ? /^<0x([0-9A-Fa-f]{2})>$/.exec(text)?.[1] : undefined;
    return byte === undefined ? NOTHING : Uint8Array.of(Number.parseInt(byte, 16));
  }
}

export class StreamingDecoder implements StreamDecoder {
  private readonly tokenBytes: TokenBytes;
  private readonly special: boolean;
  private readonly dropsFirstSpace: boolean;
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  private first = true;

  constructor(tokenBytes: TokenBytes, special: boolean, dropsFirstSpace: boolean) {
    this.tokenBytes = tokenBytes;
    this.special = special;
    this.dropsFirstSpace = dropsFirstSpace;
  }

  push(id: number): string {
    let bytes = this.tokenBytes.of(id, this.special);
    if (this.first && this.dropsFirstSpace && bytes[0] === 32) bytes = bytes.subarray(1);
    this.first = false;
    return this.utf8.decode(bytes, { stream: true });
  }

  flush(): string {
    this.first = true;
    return this.utf8.decode();
  }
}
