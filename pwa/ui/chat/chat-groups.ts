/**
 * Chats by when they were last written in, as people remember them.
 *
 * @module
 */

export interface Group<C> {
  name: string;
  chats: C[];
}

const WEEK_DAYS = 7;
const MONTH = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'long' });

/** 'Today', 'Yesterday', 'Previous 7 days', then by month. The order of the chats stays: latest first. */
export function groupsOf<C extends { updatedMs: number }>(chats: readonly C[], nowMs: number): Group<C>[] {
  const groups = new Map<string, C[]>();
  const now = new Date(nowMs);
  // Days of the calendar, which are not all 24 hours long.
  const dayStart = (daysAgo: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime();
  const [today, yesterday, week] = [dayStart(0), dayStart(1), dayStart(WEEK_DAYS)];
  const nameOf = (ms: number) => {
    if (ms >= today) return 'Today';
    if (ms >= yesterday) return 'Yesterday';
    if (ms >= week) return `Previous ${WEEK_DAYS} days`;
    return MONTH.format(ms);
  };
  for (const chat of chats) {
    const name = nameOf(chat.updatedMs);
    const group = groups.get(name);
    if (group) group.push(chat);
    else groups.set(name, [chat]);
  }
  return [...groups].map(([name, group]) => ({ name, chats: group }));
}
