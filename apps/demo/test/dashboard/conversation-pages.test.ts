import { type Message, userMessage } from '@reprise/providers';
import { expect, it } from 'vitest';
import { withLastPage } from '../../src/dashboard/data/conversation/conversation.ts';

const said = (index: number, text = `message ${index}`): { index: number; message: Message } => ({
  index,
  message: userMessage(text),
});
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => said(first + at));
const known = { messages: from(2, 9), previous: '2' };

it('what was asked for before stays in front of the last page', () => {
  const after = withLastPage(known, { items: from(6, 11), previous: '6' });
  expect(after).toEqual({ messages: from(2, 11), previous: '2' });
});

it('a conversation that has become another one is shown as it is now', () => {
  const page = { items: [said(6, 'after a rewind'), said(7)], previous: '6' };
  expect(withLastPage(known, page)).toEqual({ messages: page.items, previous: '6' });
});

it('nothing is left out between what was known and a page far behind it', () => {
  const page = { items: from(20, 25), previous: '20' };
  expect(withLastPage(known, page)).toEqual({ messages: page.items, previous: '20' });
});

it('an empty conversation is empty', () => {
  expect(withLastPage(known, { items: [], previous: null })).toEqual({ messages: [], previous: null });
});
