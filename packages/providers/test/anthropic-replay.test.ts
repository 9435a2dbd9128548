import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { type AssistantMessage, type Message, userMessage } from '../src/message.ts';
import { block, exchange, hello, messageEnd, messageStart } from './support/anthropic-exchange.ts';

const MODEL = 'claude-opus-5';

/** What the vendor gets back of a message it sent, as JSON text. */
function replayed(message: Message): string {
  // Stored as text and read again, as a session does.
  const stored: Message = JSON.parse(JSON.stringify(message));
  // At the end, since a call that nobody answered is left out once the user has spoken after it.
  const messages = [userMessage('hi'), stored];
  return JSON.stringify(encodeRequest({ messages }, MODEL).body.messages[1]?.content);
}

async function received(...wire: readonly object[]): Promise<AssistantMessage> {
  return (await exchange(hello(), MODEL, [messageStart(), ...wire, ...messageEnd()])).turn.message;
}

describe('what the vendor sent goes back to the byte', () => {
  const CALLER = { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' };
  it.each<[string, object]>([
    [
      'a call of the model’s own',
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 }, caller: { type: 'direct' } },
    ],
    [
      'a call by code (P-10)',
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: {}, caller: CALLER, toolset_name: null },
    ],
    ['a call with numbers no double holds', { type: 'tool_use', id: 'toolu_1', name: 'look', input: { b: 2, a: 1.5 } }],
    [
      'text',
      { type: 'text', text: 'ok', citations: [{ type: 'char_location', cited_text: 'x' }], tone: { z: 1, a: [null] } },
    ],
    ['thoughts', { type: 'thinking', thinking: 'hm', signature: 'SIG==', binding: 'b' }],
    ['thoughts without words', { type: 'thinking', thinking: '', signature: 'SIG==' }],
    ['redacted thoughts', { type: 'redacted_thinking', data: 'XYZ', binding: 'b' }],
    [
      'a server tool’s call (L-41)',
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' }, caller: CALLER },
    ],
    [
      'a server tool’s result (L-41)',
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [{ type: 'web_search_result', encrypted_content: 'E==' }],
      },
    ],
    ['a call by MCP', { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'echo', server_name: 's', input: { a: 1 } }],
    [
      'a result by MCP',
      { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false, content: [{ type: 'text', text: 'a' }] },
    ],
    [
      'a compaction',
      {
        type: 'compaction',
        content: 'sum',
        encrypted_content: 'C==',
        signature: 'S==',
        tool_changes: [{ z: 1, a: 2 }],
      },
    ],
    ['a block of tomorrow', { type: 'invented_tomorrow', z: 1, a: { deep: [true] } }],
  ])('%s', async (_name, wire) => {
    expect(replayed(await received(...block(0, wire)))).toBe(JSON.stringify([wire]));
  });

  it('also where it came in pieces', async () => {
    const message = await received(
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '', binding: 'b' },
        { type: 'thinking_delta', thinking: 'h' },
        { type: 'thinking_delta', thinking: 'm' },
        { type: 'signature_delta', signature: 'SIG==' },
      ),
      ...block(
        1,
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: {}, caller: { type: 'direct' } },
        { type: 'input_json_delta', partial_json: '{"at":' },
        { type: 'input_json_delta', partial_json: '12345678901234567890}' },
      ),
      ...block(
        2,
        { type: 'compaction', content: null },
        { type: 'compaction_delta', content: 'sum', encrypted_content: 'C==' },
      ),
    );
    expect(replayed(message)).toBe(
      '[{"type":"thinking","thinking":"hm","signature":"SIG==","binding":"b"},' +
        '{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":12345678901234567890},"caller":{"type":"direct"}},' +
        '{"type":"compaction","content":"sum","encrypted_content":"C=="}]',
    );
  });

  it('ends its blocks with those fields, and a message without them says nothing of them', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {}, caller: CALLER };
    const { events } = await exchange(hello(), MODEL, [messageStart(), ...block(0, call), ...messageEnd('tool_use')]);
    expect(events.find((event) => event.type === 'block-end')).toMatchObject({
      block: { vendorFields: { family: 'anthropic', fields: { caller: CALLER } } },
    });
    const plain = await received(...block(0, { type: 'text', text: 'ok', citations: null }));
    expect(plain.content).toEqual([{ type: 'text', text: 'ok' }]);
  });
});

describe('what came from elsewhere', () => {
  const fields = { extra_content: { google: { thought_signature: 'T==' } } };
  const vendorFields = { family: 'openai-chat', fields };

  it('brings none of its own fields', () => {
    const message: Message = {
      role: 'assistant',
      content: [
        { type: 'text', text: 'ok', vendorFields },
        { type: 'tool-call', id: 'a', name: 'look', arguments: {}, argumentsText: '{}', vendorFields },
      ],
    };
    expect(replayed(message)).not.toContain('extra_content');
  });

  it('never stands over a field that has a word here', () => {
    const message: Message = {
      role: 'assistant',
      content: [
        {
          type: 'text',
          text: 'ok',
          vendorFields: { family: 'anthropic', fields: { text: 'bad', type: 'bad', more: 1 } },
        },
      ],
    };
    expect(replayed(message)).toBe('[{"type":"text","text":"ok","more":1}]');
  });

  it('is left out where it is a document in an assistant’s message, which the vendor refuses', () => {
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } };
    const message: Message = {
      role: 'assistant',
      content: [
        { type: 'text', text: 'ok' },
        { type: 'opaque', family: 'anthropic', data: document },
      ],
    };
    expect(replayed(message)).toBe('[{"type":"text","text":"ok"}]');
  });
});
