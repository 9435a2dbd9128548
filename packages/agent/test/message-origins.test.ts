import { type AssistantMessage, type Message, userMessage } from '@reprise/providers';
import { expect, test } from 'vitest';
import { originsAfterEdit } from '../src/session/message-origins.ts';

const said = (text: string): AssistantMessage => ({ role: 'assistant', content: [{ type: 'text', text }] });
const history: readonly Message[] = [userMessage('a'), said('A'), userMessage('b'), said('B'), userMessage('sum up')];
const origins = history.map((_, index) => ({ entryId: `e${index}` }));
const edit = (messages: readonly Message[]) =>
  originsAfterEdit(origins, history, { reason: 'compaction', from: 0, count: history.length, messages }, 'edit');

test('what an edit keeps of the end has the origin that it had, and what it adds is of the edit', () => {
  const after = edit([userMessage('summary'), said('Understood.'), userMessage('b'), said('B')]);
  expect(after).toEqual([
    { entryId: 'edit', edit: 'compaction' },
    { entryId: 'edit', edit: 'compaction' },
    { entryId: 'e2' },
    { entryId: 'e3' },
  ]);
});

test('a message whose thoughts were taken out is the same message', () => {
  const thinking = { type: 'thinking', text: 'hm', signature: 's' } as const;
  const thought = { ...said('B'), content: [thinking, ...said('B').content] };
  const after = originsAfterEdit(
    origins.slice(0, 4),
    [...history.slice(0, 3), thought],
    { reason: 'compaction', from: 0, count: 4, messages: [userMessage('summary'), said('B')] },
    'edit',
  );
  expect(after.map(({ entryId }) => entryId)).toEqual(['edit', 'e3']);
});

test('the same words twice are taken for the later ones first, and messages around the edit stay what they are', () => {
  const twice = [userMessage('a'), said('A'), userMessage('a'), said('A'), userMessage('end')];
  const after = originsAfterEdit(
    twice.map((_, index) => ({ entryId: `e${index}` })),
    twice,
    { reason: 'overflow', from: 1, count: 3, messages: [said('A')] },
    'edit',
  );
  expect(after.map(({ entryId }) => entryId)).toEqual(['e0', 'e3', 'e4']);
});
