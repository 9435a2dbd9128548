import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { createAgent, initialState, runAgent, toolBlocks } from '@reprise/agent';
import type { McpOptions, McpServer } from '@reprise/agent/mcp';
import { mcpTools } from '@reprise/agent/mcp';
import { describe, expect, it } from 'vitest';
import { call, connect, mcpProgram } from './support/mcp-program.ts';
import { createMcpServer, type McpServerOptions, PNG } from './support/mcp-server.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';

/** The server of the tests within this process. */
function inMemory(options: McpServerOptions = {}): McpServer {
  return {
    transport() {
      const [here, there] = InMemoryTransport.createLinkedPair();
      void createMcpServer(options).connect(there);
      return here;
    },
  };
}

async function names(options: McpOptions): Promise<readonly string[]> {
  return (await connect(inMemory(), options)).tools.map(({ definition }) => definition.name);
}

describe('the tools of an MCP server', () => {
  it('stand in the order of their names, from every page of the list, each as a vendor takes it', async () => {
    const { tools, instructions } = await connect(inMemory());
    expect(tools.map(({ definition }) => definition.name)).toEqual([
      'change',
      'die',
      'echo',
      'fail',
      expect.stringMatching(/^files_read_all_[0-9a-f]{8}$/),
      'key',
      'odd',
      'parts',
      'picture',
      'structured',
      'wait',
    ]);
    expect(tools.find(({ definition }) => definition.name === 'echo')?.definition).toMatchObject({
      description: 'Says it again.',
      inputSchema: { type: 'object', properties: { words: { type: 'string', minLength: 1 } }, required: ['words'] },
    });
    expect(instructions).toBe('Echo first.');
  });

  it('are called with a prefix, and are those that were asked for', async () => {
    expect(await names({ prefix: 'docs', include: ['echo', 'wait', 'fail'], exclude: ['wait'] })).toEqual([
      'docs__echo',
      'docs__fail',
    ]);
    const [long = ''] = await names({ prefix: 'p'.repeat(70), include: ['echo'] });
    expect(long).toMatch(/^p{55}_[0-9a-f]{8}$/);
    await expect(names({ include: ['ecko'] })).rejects.toMatchObject({ code: 'agent/invalid-option' });
    await expect(names({ connectTimeoutMs: 0 })).rejects.toMatchObject({ code: 'agent/invalid-option' });
  });

  it('have effects unless somebody else than the server says so', async () => {
    const effects = async (options: McpOptions) =>
      (await connect(inMemory(), { include: ['echo', 'fail', 'files.read/all'], ...options })).tools.map(
        ({ effect }) => effect,
      );
    expect(await effects({})).toEqual(['effect', 'effect', 'effect']);
    expect(await effects({ trustAnnotations: true })).toEqual(['pure', 'effect', 'idempotent']);
    expect(await effects({ effect: 'idempotent' })).toEqual(['idempotent', 'idempotent', 'idempotent']);
    const effect: McpOptions['effect'] = ({ name }) => (name === 'fail' ? 'pure' : undefined);
    expect(await effects({ effect, trustAnnotations: true })).toEqual(['pure', 'pure', 'idempotent']);
  });

  it('wait for a decision where that is asked', async () => {
    const { tools } = await connect(inMemory(), { needsApproval: ({ name }) => name === 'die' });
    expect(tools.filter((tool) => tool.mayNeedApproval).map(({ definition }) => definition.name)).toEqual(['die']);
  });

  it('check what the model wrote before the server is called (L-30)', async () => {
    const told: string[] = [];
    const connected = await connect(inMemory({ tell: (what) => void told.push(what) }));
    await expect(call(connected, 'echo', { words: 7 })).rejects.toMatchObject({ name: 'ToolInputError' });
    expect(told).toEqual([]);
  });
});

describe('a result of an MCP server', () => {
  it('is texts and images as they are', async () => {
    const connected = await connect(inMemory());
    expect(await call(connected, 'echo', { words: 'Hi.' })).toEqual(toolBlocks([{ type: 'text', text: 'Hi.' }]));
    const image = { type: 'image', mediaType: 'image/png', data: PNG } as const;
    expect(await call(connected, 'picture')).toEqual(toolBlocks([image, { type: 'text', text: 'A pixel.' }]));
  });

  it('is words for what no vendor is shown, and JSON for data without words', async () => {
    const connected = await connect(inMemory());
    const texts = [
      '[image: 6 bytes of image/svg+xml, which cannot be shown here]',
      '[audio: 4 bytes of audio/wav, which cannot be shown here]',
      '[notes: file:///notes.md: Notes.]',
      'All of it.',
      '[file:///a.bin: 3 bytes of application/octet-stream, which cannot be shown here]',
    ];
    expect(await call(connected, 'parts')).toEqual(toolBlocks(texts.map((text) => ({ type: 'text', text }))));
    expect(await call(connected, 'structured')).toEqual(toolBlocks([{ type: 'text', text: '{"found":2}' }]));
  });

  it('is an error that the model sees, said by the tool or by the protocol', async () => {
    const { tools } = await connect(inMemory());
    const calls = toolTurn(['c1', 'fail', '{}'], ['c2', 'odd', '{}'], ['c3', 'echo', '{"words":"Hi."}']);
    const model = scriptedModel(calls, textTurn('Well.'));
    const { state } = await runAgent(initialState(), 'Try.', { model, tools }).result();
    expect(state.messages[2]?.content).toMatchObject([
      { isError: true, content: [{ text: 'It broke.' }] },
      { isError: true, content: [{ text: expect.stringContaining('No tool odd.') }] },
      { isError: false, content: [{ text: 'Hi.' }] },
    ]);
  });

  it('knows the key that is the same for every execution of a call (I5)', async () => {
    expect(await call(await connect(inMemory()), 'key')).toEqual(toolBlocks([{ type: 'text', text: 'key-1' }]));
  });
});

describe('the prefix of a request with MCP tools', () => {
  it.each(Object.entries(MODELS))(
    'is the same bytes on a new connection to a server that lists otherwise, %s (I3)',
    async (_family, makeModel) => {
      const server = await simulator(() => 'Fine.');
      for (const order of ['', 'shuffled']) {
        const { tools, close } = await mcpTools(mcpProgram(order));
        const options = { model: makeModel(server.url), system: LONG_SYSTEM_PROMPT, tools, cache: 'auto' as const };
        await runAgent(initialState(), 'How are you?', options).result();
        await close();
      }
      const [first, second] = server.requests.map(({ body }) => JSON.stringify(body));
      expect(first).toContain('files_read_all');
      expect(second).toBe(first);
      expect(server.requests.at(-1)?.verdict?.read).toBeGreaterThan(0);
    },
  );

  it('does not move when the server says that its tools have changed', async () => {
    const heard: string[] = [];
    const connected = await connect(inMemory(), { onToolsChanged: () => void heard.push('changed') });
    const before = JSON.stringify(connected.tools.map(({ definition }) => definition));
    await call(connected, 'change');
    await expect.poll(() => heard).toEqual(['changed']);
    expect(JSON.stringify(connected.tools.map(({ definition }) => definition))).toBe(before);
    const now = await connected.list();
    expect(now.map(({ definition }) => definition.name)).toContain('added');
    createAgent({ model: scriptedModel(), tools: now });
  });
});
