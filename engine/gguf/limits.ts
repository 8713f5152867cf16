/**
 * What a GGUF header may claim, each limit checked before anything is allocated for the claim.
 * Real files stay far below: the largest vocabularies have about 262,000 tokens, the largest headers some 30 MB.
 *
 * @module
 */

/** Key-value pairs. llama.cpp trusted this count once (CVE-2024-23605). */
export const MAX_METADATA_ENTRIES = 65_536;
/** Tensors (CVE-2024-21836). */
export const MAX_TENSORS = 65_536;
/** Dimensions of one tensor (CVE-2024-21802); the format itself knows four. */
export const MAX_DIMENSIONS = 4;
/** Bytes of a key, by the specification. */
export const MAX_KEY_BYTES = 65_535;
/** Bytes of a tensor's name, by the specification. */
export const MAX_TENSOR_NAME_BYTES = 64;
/** Bytes of one string value: chat templates are the longest (CVE-2024-23496, CVE-2025-49847). */
export const MAX_STRING_BYTES = 4 * 1024 * 1024;
/** Elements of one array (CVE-2024-21825): merges are the longest. */
export const MAX_ARRAY_ELEMENTS = 2 * 1024 * 1024;
/** Bytes up to the end of the tensor table. */
export const MAX_HEADER_BYTES = 256 * 1024 * 1024;
/** What strings and bools may take in memory beyond their bytes in the file. Vocabularies are arrays of strings, which take no more than those. */
export const MAX_OVERHEAD_BYTES = 32 * 1024 * 1024;
/** Of a string that is no item of an array: its header, padding and the reference to it, less its length in the file. Other than ASCII takes its bytes again. */
export const STRING_OVERHEAD_BYTES = 24;
/** Of a bool in an array. */
export const BOOL_OVERHEAD_BYTES = 7;
/** `general.alignment`: a power of two in this range. */
export const MIN_ALIGNMENT = 8;
export const MAX_ALIGNMENT = 65_536;
/** Offsets and sizes must be exact as a JavaScript number (CVE-2025-53630, CVE-2026-33298: sizes that wrapped around). */
export const MAX_FILE_BYTES = Number.MAX_SAFE_INTEGER;
