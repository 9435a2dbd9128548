import { checkToolCall } from '../prepare-rows.ts';
import { turnMissing } from '../refusals.ts';
import type { TurnId } from '../session.ts';
import {
  finishedToolCall,
  ranToolCall,
  startedToolCall,
  type ToolCallIntent,
  type ToolCallRecord,
} from '../tool-call.ts';
import type { Append, Fenced, ToolCallOutcome } from '../writes.ts';
import { frozen, type MemoryData, requireWritable } from './memory-data.ts';

export function startToolCall(
  data: MemoryData,
  start: ToolCallIntent & Fenced & { readonly again?: boolean },
  now: number,
): ToolCallRecord {
  const { fence, again = false, ...intent } = start;
  requireWritable(data, start, now);
  return keepToolCall(data, startedToolCall(requireCalls(data, start.turnId).get(start.position), { intent, again }));
}

export function finishToolCall(data: MemoryData, finish: ToolCallOutcome, now: number): ToolCallRecord {
  requireWritable(data, finish, now);
  return keepToolCall(data, finishedToolCall(requireCalls(data, finish.turnId).get(finish.position), finish));
}

export function readToolCalls(data: MemoryData, turnId: TurnId): readonly ToolCallRecord[] {
  const calls = data.toolCalls.get(turnId)?.values() ?? [];
  return [...calls].sort((a, b) => a.position - b.position);
}

/** The records of calls that ran without an intent, checked and not kept yet. */
export function planRanCalls(
  data: MemoryData,
  { ranCalls = [], sessionId }: Pick<Append, 'ranCalls' | 'sessionId'>,
): readonly ToolCallRecord[] {
  const planned = new Map<string, ToolCallRecord>();
  for (const ran of ranCalls) {
    const place = JSON.stringify([ran.turnId, ran.position]);
    const current = planned.get(place) ?? requireCalls(data, ran.turnId).get(ran.position);
    const call = ranToolCall(current, ran, sessionId);
    checkToolCall(call);
    planned.set(place, call);
  }
  return [...planned.values()];
}

export function keepToolCall(data: MemoryData, call: ToolCallRecord): ToolCallRecord {
  checkToolCall(call);
  const kept = frozen(call);
  data.toolCalls.set(call.turnId, new Map([...(data.toolCalls.get(call.turnId) ?? []), [call.position, kept]]));
  return kept;
}

function requireCalls(data: MemoryData, turnId: TurnId): ReadonlyMap<number, ToolCallRecord> {
  if (!data.turns.has(turnId)) throw turnMissing(turnId);
  return data.toolCalls.get(turnId) ?? new Map();
}
