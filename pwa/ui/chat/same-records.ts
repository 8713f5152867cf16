import type { ConversationRecord } from '../history/records.ts';

/** The same as far as the list shows them. */
export function sameRecords(before: readonly ConversationRecord[], now: readonly ConversationRecord[]): boolean {
  return (
    before.length === now.length &&
    now.every(({ id, title, updatedMs }, index) => {
      const other = before[index]!;
      return other.id === id && other.title === title && other.updatedMs === updatedMs;
    })
  );
}
