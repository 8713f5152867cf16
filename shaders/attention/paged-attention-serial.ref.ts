export { pagedAttentionRef } from './paged-attention.ref.ts';
