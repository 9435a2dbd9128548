import { initialState, runAgent, toolBlocks } from '@reprise/agent';
import { type McpServer, mcpTools } from '@reprise/agent/mcp';
import { describe, expect, it } from 'vitest';
import { httpMcpServer } from './support/mcp-http-server.ts';
import { call, connect, mcpProgram } from './support/mcp-program.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const HI = toolBlocks([{ type: 'text', text: 'Hi.' }]);

describe('an MCP server that is a program', () => {
  it('answers, dies in a call, and is started again by the next (I12)', async () => {
    const connected = await connect(mcpProgram());
    expect(await call(connected, 'echo', { words: 'Hi.' })).toEqual(HI);
    await expect(call(connected, 'die')).rejects.toThrow('Connection closed');
    expect(await call(connected, 'echo', { words: 'Hi.' })).toEqual(HI);
  });

  it('is a result that the model sees when it dies, and the run goes on', async () => {
    const { tools } = await connect(mcpProgram());
    const model = scriptedModel(
      toolTurn(['c1', 'die', '{}']),
      toolTurn(['c2', 'echo', '{"words":"Hi."}']),
      textTurn('Well.'),
    );
    const { state, text } = await runAgent(initialState(), 'Try.', { model, tools }).result();
    expect(state.messages[2]?.content).toMatchObject([{ isError: true }]);
    expect(state.messages[4]?.content).toMatchObject([{ isError: false, content: [{ text: 'Hi.' }] }]);
    expect(text).toBe('Well.');
  });

  it('ends with its connection, after which every call fails', async () => {
    const connected = await connect(mcpProgram());
    await connected.close();
    await expect(call(connected, 'echo', { words: 'Hi.' })).rejects.toMatchObject({ code: 'agent/mcp-unreachable' });
    await expect(connected.list()).rejects.toMatchObject({ code: 'agent/mcp-unreachable' });
  });

  it.each<[string, McpServer]>([
    ['a command that is not there', { command: 'no-such-command-of-reprise' }],
    ['a program that ends at once', { command: process.execPath, args: ['--eval', ''] }],
    ['an address where nobody listens', { url: 'http://127.0.0.1:1/mcp' }],
  ])('is unreachable: %s', async (_what, server) => {
    await expect(mcpTools(server)).rejects.toMatchObject({ code: 'agent/mcp-unreachable' });
  });

  it('is unreachable when it never says a word (I12)', async () => {
    const silent = { command: process.execPath, args: ['--eval', 'process.stdin.resume()'] };
    await expect(mcpTools(silent, { connectTimeoutMs: 50 })).rejects.toMatchObject({ code: 'agent/mcp-unreachable' });
  });
});

describe('an MCP server over HTTP', () => {
  it('is sent headers with every request', async () => {
    const server = await httpMcpServer();
    const connected = await connect({ url: server.url, headers: { authorization: 'Bearer x' } });
    expect(await call(connected, 'echo', { words: 'Hi.' })).toEqual(HI);
    expect(server.headers.length).toBeGreaterThan(3);
    expect(server.headers.every(({ authorization }) => authorization === 'Bearer x')).toBe(true);
  });

  it('gets a new session when it has forgotten the old one', async () => {
    const server = await httpMcpServer();
    const connected = await connect({ url: server.url });
    server.forget();
    expect(await call(connected, 'echo', { words: 'Hi.' })).toEqual(HI);
  });

  it('fails a call whose answer can no longer come, and serves the next (I12)', async () => {
    const told: string[] = [];
    const options = { tell: (what: string) => void told.push(what) };
    const server = await httpMcpServer(options);
    const connected = await connect({ url: server.url });
    const waiting = call(connected, 'wait');
    waiting.catch(() => {});
    await expect.poll(() => told).toEqual(['called wait']);
    await server.restart();
    await expect(waiting).rejects.toThrow();
    expect(await call(connected, 'echo', { words: 'Hi.' })).toEqual(HI);
    // Never sent again: it may have reached the first server (I5).
    expect(told.filter((what) => what === 'called wait')).toHaveLength(1);
  });

  it('hears that a call was aborted, or took too long (I12)', async () => {
    const told: string[] = [];
    const server = await httpMcpServer({ tell: (what) => void told.push(what) });
    const connected = await connect({ url: server.url });
    const stop = new AbortController();
    const waiting = call(connected, 'wait', {}, stop.signal);
    await expect.poll(() => told).toEqual(['called wait']);
    stop.abort(new Error('Enough.'));
    await expect(waiting).rejects.toThrow('Enough.');
    await expect.poll(() => told).toEqual(['called wait', 'cancelled']);

    const hasty = await connect({ url: server.url }, { timeoutMs: 20 });
    const model = scriptedModel(toolTurn(['c1', 'wait', '{}']), textTurn('Well.'));
    const { state } = await runAgent(initialState(), 'Try.', { model, tools: hasty.tools }).result();
    expect(state.messages[2]?.content).toMatchObject([{ isError: true }]);
    await expect.poll(() => told.filter((what) => what === 'cancelled')).toHaveLength(2);
  });
});
