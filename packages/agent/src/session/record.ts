/**
 * The agent's facts as stored entries and ledger rows.
 *
 * Owns: the kinds of entries, and the version of their payload.
 * Leaves to the store: where they live; it reads none of it.
 *
 * F1. Decoding what was encoded gives the same message, numbers too large for a double included.
 * F2. A payload that cannot be read is an error that names the entry; it is never skipped.
 */

import type { Entry, NewEntry, TokenColumns, TurnCommit } from '@reprise/checkpoint';
import {
  type AssistantTurn,
  asObject,
  billingFromUsage,
  type Count,
  type Message,
  type Model,
  type ModelRequest,
  parseExactJson,
  prefixFingerprint,
  priceTurn,
  type TokenCounts,
} from '@reprise/providers';
import { AgentError } from '../errors.ts';

/** Grows with the shape of payloads; every released one stays readable. */
const PAYLOAD_VERSION = 1;

const ENTRY_KINDS = { user: 'user-message', assistant: 'assistant-message', tool: 'tool-message' } as const;

export function encodeMessage(message: Message): NewEntry {
  return { kind: ENTRY_KINDS[message.role], payload: JSON.stringify({ v: PAYLOAD_VERSION, message }) };
}

export function decodeMessage(entry: Entry): Message {
  const payload = asObject(parseExactJson(entry.payload));
  const message = asObject(payload?.['message']);
  const role = message?.['role'];
  if (
    payload?.['v'] !== PAYLOAD_VERSION ||
    !isRole(role) ||
    ENTRY_KINDS[role] !== entry.kind ||
    !Array.isArray(message?.['content'])
  ) {
    throw new AgentError(
      'agent/unreadable-entry',
      `Entry ${entry.id} of kind ${entry.kind} holds no message this version can read; it may be damaged or written by a newer version.`,
    );
  }
  // The payload is what `encodeMessage` wrote: its hash was checked by the store, its version and role here.
  return message as unknown as Message;
}

function isRole(value: unknown): value is Message['role'] {
  return typeof value === 'string' && value in ENTRY_KINDS;
}

/** The ledger row of a response: what it used, what it was asked, and what it cost at the time. */
export function ledgerRow(id: string, turn: AssistantTurn, model: Model, request: ModelRequest): TurnCommit['turn'] {
  const blocks = model.prefixBlocks(request);
  const { tokens, family, model: answeredBy, rawUsage, timing } = turn;
  const billing = billingFromUsage(family, rawUsage);
  const price = priceTurn(tokens, { family, model: answeredBy, at: timing.startedAt, billing });
  return {
    id,
    responseId: turn.responseId ?? null,
    family: turn.family,
    model: turn.model,
    startedAt: turn.timing.startedAt,
    firstTokenMs: turn.timing.firstTokenMs ?? null,
    durationMs: turn.timing.durationMs,
    stopReason: turn.stopReason,
    usageState: turn.usageState,
    tokens: tokenColumns(turn.tokens),
    serverTools: JSON.stringify(turn.tokens.serverTools),
    rawUsage: turn.rawUsage === null || turn.rawUsage === undefined ? null : JSON.stringify(turn.rawUsage),
    prefixFingerprint: prefixFingerprint(blocks),
    marks: JSON.stringify(model.planMarks(request)),
    costPicoUsd: price.picoUsd ?? null,
  };
}

function tokenColumns({ fresh, cacheRead, cacheWrite, output, reasoning }: TokenCounts): TokenColumns {
  return {
    fresh: column(fresh),
    cacheRead: column(cacheRead),
    cacheWrite5m: column(cacheWrite['5m']),
    cacheWrite1h: column(cacheWrite['1h']),
    cacheWrite30m: column(cacheWrite['30m']),
    cacheWrite12h: column(cacheWrite['12h']),
    cacheWriteUnknown: column(cacheWrite.unknown),
    output: column(output),
    reasoning: column(reasoning),
  };
}

function column(count: Count): number | null {
  return count === 'not-reported' ? null : count;
}
