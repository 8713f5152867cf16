/** Of a page or a selection that is attached, in characters: more than small models read at once, and little to store. */
export const MAX_CHARACTERS = 100_000;
/** Of a page, in its order; the rest is left out. A long encyclopedia article has some ten thousand. */
export const MAX_ELEMENTS = 30_000;
/** Copied out of a page before the reading matter is chosen from it. */
export const MAX_COPIED_CHARACTERS = 500_000;
/** Deeper elements count as children of the deepest one that is kept: what comes after walks the tree by calling itself. */
export const MAX_DEPTH = 100;
