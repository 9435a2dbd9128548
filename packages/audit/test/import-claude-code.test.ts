import { appendFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importClaudeCode } from '../src/index.ts';
import { linesOf, logFolder, rowsOf } from './support/log-folder.ts';
import { BEGUN, compactionLine, FIRST_OF_NOVEMBER, questionLine, responseLine } from './support/transcript-lines.ts';

async function imported(files: Readonly<Record<string, string>>) {
  const folder = logFolder(files);
  const log = importClaudeCode([folder]);
  const rows = await rowsOf(log);
  return { folder, rows, report: log.report() };
}

test('a response over several lines is one row, and its last usage counts', async () => {
  const { rows, report, folder } = await imported({
    'a.jsonl': linesOf(
      questionLine(),
      responseLine({ second: 1, usage: BEGUN }),
      responseLine({ second: 2, usage: BEGUN }),
      responseLine({ second: 4, output: 80 }),
      questionLine({ second: 5 }),
    ),
  });
  expect(rows).toEqual([
    {
      id: 'msg_1/req_of_msg_1',
      responseId: 'msg_1',
      requestId: 'req_of_msg_1',
      family: 'anthropic',
      model: 'claude-opus-4-6',
      startedAt: FIRST_OF_NOVEMBER + 1000,
      endedAt: FIRST_OF_NOVEMBER + 4000,
      timeBasis: 'logged',
      usageState: 'final',
      tokens: {
        fresh: 3,
        cacheRead: 500,
        cacheWrite: {
          '5m': 10,
          '1h': 20,
          '30m': 'not-reported',
          '12h': 'not-reported',
          unknown: 'not-reported',
        },
        output: 80,
        reasoning: 'not-reported',
        serverTools: { webSearch: 2, webFetch: 0 },
      },
      billing: { serviceTier: 'standard' },
      recordedPicoUsd: undefined,
      sessionId: 'session-1',
      tags: { version: '2.1.39' },
      source: { path: join(folder, 'a.jsonl'), line: 2 },
    },
  ]);
  expect(report).toMatchObject({ files: 1, lines: 5, rows: 1, malformedLines: 0, duplicates: 0 });
  expect(report.skipped).toMatchObject({ 'not-a-response': 2, 'same-response': 2 });
});

test('a response of which only the first report was written down is partial, not final (I11)', async () => {
  const { rows } = await imported({
    'a.jsonl': linesOf(
      responseLine({ id: 'begun', usage: BEGUN }),
      responseLine({ id: 'ended', usage: { ...BEGUN, iterations: [{ type: 'message' }] } }),
    ),
  });
  expect(rows.map(({ responseId, usageState }) => [responseId, usageState])).toEqual([
    ['begun', 'partial'],
    ['ended', 'final'],
  ]);
});

test('the final report counts, whatever the others say; without one it is that with most output', async () => {
  const { rows } = await imported({
    'a.jsonl': linesOf(
      responseLine({ id: 'ended', second: 2, output: 8 }),
      responseLine({ id: 'ended', second: 3, usage: { ...BEGUN, output_tokens: 90 } }),
      responseLine({ id: 'begun', second: 5, usage: { ...BEGUN, output_tokens: 6 } }),
      responseLine({ id: 'begun', second: 6, usage: { ...BEGUN, output_tokens: 4 } }),
    ),
  });
  expect(rows.map(({ responseId, tokens }) => [responseId, tokens.output])).toEqual([
    ['ended', 8],
    ['begun', 6],
  ]);
});

test('a resumed session that repeats earlier lines counts them once, over all files (N-05)', async () => {
  const first = linesOf(responseLine({ id: 'one', second: 1 }), responseLine({ id: 'two', second: 2 }));
  const { rows, report } = await imported({
    'a.jsonl': first,
    'b.jsonl': first + linesOf(responseLine({ id: 'two', second: 2 }), responseLine({ id: 'three', second: 3 })),
  });
  expect(rows.map(({ responseId }) => responseId)).toEqual(['one', 'two', 'three']);
  expect(report).toMatchObject({ duplicates: 3, conflicts: 0 });
});

test('a copy that was counted with other numbers is told', async () => {
  const { rows, report } = await imported({
    'a.jsonl': linesOf(responseLine({ output: 80 })),
    'b.jsonl': linesOf(responseLine({ output: 7 })),
  });
  expect(rows.map(({ tokens }) => tokens.output)).toEqual([80]);
  expect(report).toMatchObject({ duplicates: 1, conflicts: 1 });
});

test('the same message of two requests is two responses', async () => {
  const { rows } = await imported({
    'a.jsonl': linesOf(responseLine({ request: 'req_1' }), responseLine({ request: 'req_2' })),
  });
  expect(rows).toHaveLength(2);
});

test('a sub-agent is a conversation of its session, in a file of its own or in that of the session', async () => {
  const { rows } = await imported({
    'session-1.jsonl': linesOf(
      responseLine({ id: 'own' }),
      responseLine({ id: 'inside', second: 1, fields: { isSidechain: true } }),
    ),
    'session-1/subagents/agent-a1.jsonl': linesOf(
      responseLine({ id: 'apart', second: 2, fields: { isSidechain: true, agentId: 'a1' } }),
    ),
  });
  expect(rows.map(({ responseId, sessionId, conversationId }) => [responseId, sessionId, conversationId])).toEqual(
    expect.arrayContaining([
      ['own', 'session-1', undefined],
      ['inside', 'session-1', 'sidechain'],
      ['apart', 'session-1', 'a1'],
    ]),
  );
});

test('a compaction is in the report, once', async () => {
  const lines = linesOf(
    responseLine(),
    compactionLine({ second: 9 }),
    questionLine({ fields: { isCompactSummary: true } }),
  );
  const { rows, report } = await imported({ 'a.jsonl': lines, 'b.jsonl': lines });
  expect(rows).toHaveLength(1);
  expect(report.compactions).toEqual([
    {
      sessionId: 'session-1',
      conversationId: undefined,
      at: FIRST_OF_NOVEMBER + 9000,
      trigger: 'auto',
      tokensBefore: 167_094,
    },
  ]);
});

test('words of the tool itself are no response, and counted', async () => {
  const { rows, report } = await imported({
    'a.jsonl': linesOf(
      responseLine({ id: 'a', model: '<synthetic>', output: 0 }),
      responseLine({ id: 'b', fields: { isApiErrorMessage: true } }),
      JSON.stringify({ type: 'assistant', message: { model: 'claude-opus-4-6', id: 'c' } }),
    ),
  });
  expect(rows).toEqual([]);
  expect(report.skipped).toMatchObject({ synthetic: 2, 'no-usage': 1 });
});

test('a result that holds the usage of a sub-agent is no response of its own', async () => {
  const toolUseResult = { usage: { input_tokens: 5, output_tokens: 6 }, totalTokens: 11 };
  const { rows, report } = await imported({
    'a.jsonl': linesOf(questionLine({ fields: { toolUseResult } }), responseLine({ fields: { type: 'progress' } })),
  });
  expect(rows).toEqual([]);
  expect(report.skipped['not-a-response']).toBe(2);
});

test('malformed lines are counted and named, and cost no other line', async () => {
  const whole = responseLine({ id: 'kept' });
  const { rows, report, folder } = await imported({
    'a.jsonl': [
      '{"type":"assistant","message":{"usage"',
      'not json',
      '',
      '"assistant"',
      whole,
      responseLine({ id: 'x', fields: { timestamp: 'yesterday' } }),
      responseLine({ id: 'y', model: '' }),
      whole.slice(0, -20),
    ].join('\n'),
  });
  const path = join(folder, 'a.jsonl');
  expect(rows.map(({ responseId }) => responseId)).toEqual(['kept']);
  expect(report).toMatchObject({ lines: 7, rows: 1, malformedLines: 6 });
  expect(report.malformed).toEqual([
    { path, line: 1, reason: 'no-json' },
    { path, line: 2, reason: 'no-json' },
    { path, line: 4, reason: 'no-object' },
    { path, line: 6, reason: 'no-time' },
    { path, line: 7, reason: 'no-model' },
    { path, line: 8, reason: 'cut' },
  ]);
});

test('of many malformed lines all are counted and the first hundred listed', async () => {
  const { report } = await imported({ 'a.jsonl': 'damage\n'.repeat(250) });
  expect(report.malformedLines).toBe(250);
  expect(report.malformed).toHaveLength(100);
});

test('the folder that was worked in, the branch and the cost of old versions are kept', async () => {
  const { rows } = await imported({
    'a.jsonl': linesOf(responseLine({ fields: { cwd: '/home/me/work', gitBranch: 'main', costUSD: 0.0123456 } })),
  });
  expect(rows[0]).toMatchObject({
    project: '/home/me/work',
    tags: { gitBranch: 'main', version: '2.1.39' },
    recordedPicoUsd: 12_345_600_000n,
  });
});

test('a byte order mark, line ends of Windows and lines longer than a piece of the file change nothing', async () => {
  const long = responseLine({ id: 'long', content: 'ä'.repeat(2_000_000) });
  const { rows, report } = await imported({
    'a.jsonl': `\ufeff${responseLine({ id: 'first' })}\r\n${long}\r\n\r\n${responseLine({ id: 'last', second: 1 })}`,
  });
  expect(rows.map(({ responseId }) => responseId)).toEqual(['first', 'long', 'last']);
  expect(report).toMatchObject({ lines: 3, malformedLines: 0 });
});

test('a line of more than 128 MB is counted, and what follows it is read', async () => {
  const folder = logFolder({ 'a.jsonl': linesOf(responseLine({ id: 'before' })) });
  const path = join(folder, 'a.jsonl');
  // A hole in the file, which takes no room on the disk.
  truncateSync(path, 129 << 20);
  appendFileSync(path, `\n${linesOf(responseLine({ id: 'after', second: 1 }))}`);
  const log = importClaudeCode([path]);
  expect((await rowsOf(log)).map(({ responseId }) => responseId)).toEqual(['before', 'after']);
  expect(log.report().malformed).toEqual([{ path, line: 2, reason: 'too-long' }]);
});

test('a file that cannot be read is listed, and the others are read', async () => {
  const folder = logFolder({ 'a.jsonl': linesOf(responseLine()) });
  const missing = join(folder, 'missing.jsonl');
  const log = importClaudeCode([missing, join(folder, 'a.jsonl'), folder]);
  expect(await rowsOf(log)).toHaveLength(1);
  expect(log.report()).toMatchObject({
    files: 1,
    unreadableFiles: 1,
    unreadable: [{ path: missing, reason: expect.stringContaining('ENOENT') }],
  });
});
