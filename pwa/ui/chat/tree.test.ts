import { expect, test } from 'vitest';
import type { ChatMessage } from '../history/records.ts';
import { MessageTree } from './tree.ts';

function message(id: string, parent: string | null, createdMs: number): ChatMessage {
  return { id, parent, role: 'user', text: id, createdMs, status: 'complete' };
}
const idsOf = (messages: readonly ChatMessage[]) => messages.map(({ id }) => id).join(' ');
/** q1 has two answers; the newer one was asked on, in two versions. */
const TREE = [
  message('b2', 'a2', 6),
  message('q1', null, 1),
  message('a2', 'q1', 3),
  message('a1', 'q1', 2),
  message('b1', 'a2', 4),
  message('c1', 'b1', 5),
];

test('a path leads from the beginning to its leaf, in whatever order the messages came', () => {
  const tree = new MessageTree(TREE);
  expect(idsOf(tree.path('c1'))).toBe('q1 a2 b1 c1');
  expect(idsOf(tree.path('a1'))).toBe('q1 a1');
  expect(tree.path(undefined)).toEqual([]);
});

test('a branch ends with what was shown last in it, or else written last', () => {
  const tree = new MessageTree(TREE);
  expect(tree.leafOf('b1')).toBe('c1');
  expect(tree.leafOf('a1')).toBe('a1');
  expect(tree.leafOf(null)).toBe('b2');
  tree.show('c1');
  expect(tree.leafOf(null)).toBe('c1');
  tree.show('a1');
  expect([tree.leafOf(null), tree.leafOf('a2')]).toEqual(['a1', 'c1']);
  expect(new MessageTree().leafOf(null)).toBeUndefined();
});

test('versions are counted from the oldest', () => {
  const tree = new MessageTree(TREE);
  expect(tree.versionsOf(tree.get('a2')!)).toEqual({ ids: ['a1', 'a2'], position: 1 });
  expect(tree.versionsOf(tree.get('c1')!)).toEqual({ ids: ['c1'], position: 0 });
});

test('a message takes the place of an earlier state of itself', () => {
  const tree = new MessageTree(TREE);
  tree.put({ ...tree.get('a1')!, text: 'more' });
  expect(tree.get('a1')?.text).toBe('more');
  expect(tree.versionsOf(tree.get('a1')!).ids).toEqual(['a1', 'a2']);
});

test('what is damaged on disk ends no loop and loses no more than it must', () => {
  const circle = new MessageTree([message('x', 'y', 1), message('y', 'x', 2)]);
  expect(idsOf(circle.path('x'))).toBe('y x');
  expect(circle.leafOf('x')).toBeDefined();
  expect(idsOf(new MessageTree([message('late', 'lost', 1)]).path('late'))).toBe('late');
});
