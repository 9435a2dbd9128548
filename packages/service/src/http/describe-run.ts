import type { RunRecord, Snapshot } from '@reprise/checkpoint';
import { clientSessionId } from '../wire/client-session.ts';
import type { RunBody } from './schemas/run.ts';
import type { SnapshotBody } from './schemas/snapshot.ts';

export function describeRun({ sessionId, request: _request, holder: _holder, outcome, ...run }: RunRecord): RunBody {
  return { ...run, session: clientSessionId(sessionId), outcome: outcome === null ? null : JSON.parse(outcome) };
}

export function describeSnapshot(snapshot: Snapshot): SnapshotBody {
  const { id, turnId, reason, createdAt, label, turnCount, messageCount, promptPreview, tokenSnapshot } = snapshot;
  const { input, output, reasoning, cacheRead, cacheWrite } = tokenSnapshot;
  return {
    id,
    session: clientSessionId(snapshot.sessionId),
    turnId,
    reason,
    createdAt,
    label,
    turnCount,
    messageCount,
    promptPreview,
    tokens: { input, output, reasoning, cacheRead, cacheWrite },
  };
}
