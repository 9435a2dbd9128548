import { describe, expect, it } from 'vitest';
import { encodeMessages } from '../src/anthropic/encode/encode-messages.ts';
import type { JsonObject } from '../src/json.ts';
import { type AssistantBlock, type Message, userMessage } from '../src/message.ts';

const opaque = (data: JsonObject): AssistantBlock => ({ type: 'opaque', family: 'anthropic', data });
const search = opaque({ type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'Bonn' } });
const found = opaque({ type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [] });
const remote = opaque({ type: 'mcp_tool_use', id: 'mcp_1', name: 'look', server_name: 'sky', input: {} });
const text: AssistantBlock = { type: 'text', text: 'I look.' };

const said = (...content: readonly AssistantBlock[]): Message => ({ role: 'assistant', content });
const typesOf = (messages: readonly Message[]) =>
  encodeMessages(messages).map(({ content }) => content.map(({ type }) => type));

describe("a call of one of the vendor's own tools", () => {
  it.each([
    ['a search', search],
    ["a call of an MCP server's tool", remote],
  ])('without a result is left out once the user has spoken after it: %s', (_name, call) => {
    expect(typesOf([userMessage('Rain?'), said(text, call), userMessage('Go on.')])).toEqual([
      ['text'],
      ['text'],
      ['text'],
    ]);
  });

  it('with its result stays', () => {
    const history = [userMessage('Rain?'), said(search, found, text), userMessage('Go on.')];
    expect(typesOf(history)[1]).toEqual(['server_tool_use', 'web_search_tool_result', 'text']);
  });

  it('without a result stays at the end of the history: the vendor goes on from there', () => {
    expect(typesOf([userMessage('Rain?'), said(text, search)])[1]).toEqual(['text', 'server_tool_use']);
  });

  it('whose result came in the message after the pause stays', () => {
    const history = [userMessage('Rain?'), said(text, search), said(found, text), userMessage('Go on.')];
    expect(typesOf(history).slice(1, 3)).toEqual([
      ['text', 'server_tool_use'],
      ['web_search_tool_result', 'text'],
    ]);
  });

  it('beside a call of ours stays while only results follow', () => {
    const call: AssistantBlock = {
      type: 'tool-call',
      id: 'c1',
      name: 'look',
      arguments: {},
      argumentsText: '{}',
    };
    const results: Message = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'look', content: [], isError: false }],
    };
    const history = [userMessage('Rain?'), said(search, call), results];
    expect(typesOf(history)[1]).toEqual(['server_tool_use', 'tool_use']);
    expect(typesOf([...history, userMessage('Go on.')])[1]).toEqual(['tool_use']);
  });

  it('that was all of its message leaves no message', () => {
    expect(typesOf([userMessage('Rain?'), said(search), userMessage('Go on.')])).toEqual([['text'], ['text']]);
  });
});
