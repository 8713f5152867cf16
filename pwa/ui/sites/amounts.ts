/**
 * What sites use, as people read it.
 *
 * @module
 */

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** 12345 → '12.3K tokens'. */
export function formatTokens(tokens: number): string {
  return `${COMPACT.format(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`;
}

/** 12345 → '12.3K'. */
export function formatCount(count: number): string {
  return COMPACT.format(count);
}

/** 95000 → '1.6 min'. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${trim(seconds / 60)} min`;
  return `${trim(seconds / 3600)} h`;
}

function trim(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '');
}
