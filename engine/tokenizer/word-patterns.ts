/**
 * The regular expressions, as sources, by which byte-level BPE vocabularies cut a text into words. They match what
 * llama.cpp's matchers match (src/unicode.cpp), which is not everywhere what the model's own tokenizer says.
 *
 * @module
 */

// Unicode's White_Space: JavaScript's \s lacks U+0085 and has U+FEFF.
export const WS = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
export const SPACES = `[${WS}]+(?![^${WS}])|[${WS}]+`;
export const CONTRACTIONS = `'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])`;
export const GPT2 = `'(?:[stmd]|re|ve|ll)| ?\\p{L}+| ?\\p{N}+| ?[^${WS}\\p{L}\\p{N}]+|${SPACES}`;
export const WORD = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
export const SYMBOLS = ` ?[^${WS}\\p{L}\\p{N}]+[\\r\\n]*|[${WS}]*[\\r\\n]+|${SPACES}`;
/** GPT-4's shape, with `digits` at most in one word. */
export const gpt4 = (digits: string) => `${CONTRACTIONS}|${WORD}|${digits}|${SYMBOLS}`;
// llama.cpp tells capitals from small letters in ASCII only; any other letter counts as both.
const UPPER = '(?:(?=\\p{L})[^a-z])';
const LOWER = '(?:(?=\\p{L})[^A-Z])';
export const cased = (suffix: string, digits: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${suffix}|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${suffix}|${digits}` +
  `| ?[^${WS}\\p{L}\\p{N}]+[\\r\\n/]*|[${WS}]*[\\r\\n]+|${SPACES}`;
export const CJK = '[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+';
const ASCII_SYMBOL = '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`\\{\\|\\}~]';
/** Letters with case, without those that Unicode gained after DeepSeek LLM's pattern was written. */
export const CASED_LETTER =
  '[' +
  'A-Za-z\\xb5\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u01ba\\u01bc-\\u01bf\\u01c4-\\u0293\\u0295-\\u02af\\u0370-\\u0373' +
  '\\u0376\\u0377\\u037b-\\u037d\\u037f\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03f5' +
  '\\u03f7-\\u0481\\u048a-\\u052f\\u0531-\\u0556\\u10a0-\\u10c5\\u13a0-\\u13f5\\u13f8-\\u13fd\\u1c90-\\u1cba' +
  '\\u1cbd-\\u1cbf\\u1d00-\\u1d2b\\u1d6b-\\u1d77\\u1d79-\\u1d9a\\u1e00-\\u1f15\\u1f18-\\u1f1d\\u1f20-\\u1f45' +
  '\\u1f48-\\u1f4d\\u1f50-\\u1f57\\u1f59\\u1f5b\\u1f5d\\u1f5f-\\u1f7d\\u1f80-\\u1fb4\\u1fb6-\\u1fbc\\u1fbe' +
  '\\u1fc2-\\u1fc4\\u1fc6-\\u1fcc\\u1fd0-\\u1fd3\\u1fd6-\\u1fdb\\u1fe0-\\u1fec\\u1ff2-\\u1ff4\\u1ff6-\\u1ffc' +
  '\\u2102\\u2107\\u210a-\\u2113\\u2115\\u2119-\\u211d\\u2124\\u2126\\u2128\\u212a-\\u212d\\u212f-\\u2134' +
  '\\u2139\\u213c-\\u213f\\u2145-\\u2149\\u214e\\u2183\\u2184\\u2c00-\\u2c7b\\u2c7e-\\u2ce4\\u2ceb-\\u2cee' +
  '\\u2cf2\\u2cf3\\ua640-\\ua66d\\ua680-\\ua69b\\ua722-\\ua76f\\ua771-\\ua787\\ua78b-\\ua78e\\uab70-\\uabbf' +
  '\\ufb00-\\ufb06\\ufb13-\\ufb17\\uff21-\\uff3a\\uff41-\\uff5a\\u{10400}-\\u{1044f}\\u{104b0}-\\u{104d3}' +
  '\\u{104d8}-\\u{104fb}\\u{10c80}-\\u{10cb2}\\u{10cc0}-\\u{10cf2}\\u{118a0}-\\u{118df}\\u{1e900}-\\u{1e943}' +
  ']';
export const CJK_WIDE = `(?:(?![${WS}])[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff])+`;
const HAN =
  '[\\u4e00-\\u9fff\\u3400-\\u4dbf\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2ebef}\\uf900-\\ufaff\\u{2f800}-\\u{2fa1f}]';
export const DEEPSEEK3 =
  `${ASCII_SYMBOL}[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*` +
  `|[${WS}]*[\\r\\n]+|${SPACES}`;

/** Kimi K2: runs of Han characters; words of other letters, with an English contraction after them. */
export const KIMI =
  `${HAN}+|[^\\r\\n\\p{L}\\p{N}]?(?:(?!${HAN})\\p{L})+(?:${CONTRACTIONS})?|\\p{N}{1,3}` +
  `| ?[^${WS}\\p{L}\\p{N}]+[\\r\\n]*|[${WS}]*[\\r\\n]+|${SPACES}`;
/** Words that end at punctuation of many scripts, of the BLOOM family. */
export const BLOOM = ` ?[^(${WS}|.,!?\\u2026\\u3002\\uff0c\\u3001\\u0964\\u06d4\\u060c)]+`;
