import { createAgent, type Session, tool } from '@reprise/agent';
import { auditSession } from '@reprise/audit';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import type { AssistantTurnParts } from '@reprise/providers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

const count = fc.oneof(fc.constant('not-reported' as const), fc.nat(100_000));
const counts = fc.record({
  fresh: count,
  cacheRead: count,
  output: count,
  reasoning: count,
  cacheWrite: fc.record({ '5m': count, '1h': count, unknown: count }),
});
const turn: fc.Arbitrary<AssistantTurnParts> = fc
  .record({ tokens: counts, kind: fc.constantFrom('text', 'tools', 'max-tokens', 'empty') })
  .map(({ tokens, kind }) => {
    if (kind === 'tools') return { ...toolTurn(['a', 'ping', '{}'], ['b', 'nobody', '{']), tokens };
    return {
      ...textTurn(kind === 'empty' ? '' : 'Well.', { stopReason: kind === 'max-tokens' ? 'max-tokens' : 'end-turn' }),
      tokens,
    };
  });
/** What the user of a session does next. */
const action = fc.constantFrom('send', 'send', 'reopen', 'fork', 'leave');

const ping = tool({ name: 'ping', description: '', input: z.object({}), effect: 'pure', run: () => 'pong' });

/** I2: the state, the ledger rows, the last snapshot and the audit tell the same sums. */
async function expectOneTruth(store: CheckpointStore, { id, state }: Session): Promise<void> {
  const rows = await store.readTurns(id);
  const statement = await auditSession(store, id);
  const snapshot = await store.readLastSnapshot(id);
  const sum = (pick: (tokens: (typeof rows)[number]['tokens']) => (number | null)[]) =>
    rows.flatMap(({ tokens }) => pick(tokens)).reduce<number>((total, value) => total + (value ?? 0), 0);

  const ofRows = {
    turns: rows.length,
    input: sum(({ fresh }) => [fresh]),
    output: sum(({ output }) => [output]),
    reasoning: sum(({ reasoning }) => [reasoning]),
    cacheRead: sum(({ cacheRead }) => [cacheRead]),
    cacheWrite: sum(({ cacheWrite5m, cacheWrite1h, cacheWriteUnknown }) => [
      cacheWrite5m,
      cacheWrite1h,
      cacheWriteUnknown,
    ]),
  };
  const ofState = {
    turns: state.turnCount,
    input: state.totalInputTokens,
    output: state.totalOutputTokens,
    reasoning: state.totalReasoningTokens,
    cacheRead: state.totalCacheReadTokens,
    cacheWrite: state.totalCacheWriteTokens,
  };
  const { fresh, output, reasoning, cacheRead, cacheWrite } = statement.tokens;
  const ofAudit = {
    turns: statement.turnCount,
    input: fresh.tokens,
    output: output.tokens,
    reasoning: reasoning.tokens,
    cacheRead: cacheRead.tokens,
    cacheWrite: cacheWrite.tokens,
  };
  expect(ofState).toEqual(ofRows);
  expect(ofAudit).toEqual(ofRows);
  if (snapshot) expect({ turns: snapshot.turnCount, ...snapshot.tokenSnapshot }).toEqual(ofRows);
  expect(statement.silentTurns).toBe(state.silentTurnCount);
}

it('I2 totals = Σ ledger rows = last snapshot = audit sums, for any run with forks, resumes and early exits (D-15)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { minLength: 1, maxLength: 12 }),
      fc.array(action, { maxLength: 8 }),
      async (turns, actions) => {
        const store = openSqliteStore(tempDatabase());
        // Enough plain turns behind the random ones for whatever the actions ask.
        const model = scriptedModel(
          ...turns,
          ...Array.from({ length: 200 }, () => textTurn('ok', { tokens: { fresh: 1, output: 1 } })),
        );
        const agent = createAgent({ model, tools: [ping], maxToolRounds: 3 });
        let session = await agent.openSession(store, { id: 's' });
        for (const next of ['send', ...actions]) {
          if (next === 'send') await session.send('go').result();
          if (next === 'reopen') session = await agent.openSession(store, { id: session.id });
          if (next === 'fork') {
            const snapshots = await store.readSnapshots(session.id);
            session = await agent.openSession(store, {
              snapshotId: snapshots[Math.floor(snapshots.length / 2)]?.id ?? '',
            });
          }
          if (next === 'leave') for await (const { type } of session.send('go')) if (type === 'assistant-turn') break;
          await expectOneTruth(store, session);
        }
        await store.close();
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);
