import { type AgentEvent, type AgentState, priceResponse, type TurnEndEvent } from '@reprise/agent';
import type { AssistantTurn } from '@reprise/providers';
import { clientSessionId } from './client-session.ts';
import type { RunEventBody, Totals, TurnEnded, Wire, WireTurn } from './run-event.ts';
import { toldError } from './told-error.ts';

/**
 * The event as clients hear of it; `undefined` for what they are told otherwise or not at all: how a run begins, goes on after a crash and
 * ends is the service's to say, and the last event of a model's stream comes again with `turn-end`.
 */
export function encodeEvent(event: AgentEvent): RunEventBody | undefined {
  switch (event.type) {
    case 'run-start':
    case 'run-end':
    case 'message-found':
    case 'assistant-turn':
      return undefined;
    case 'turn-end':
      return encodeTurnEnd(event);
    case 'compaction-end': {
      const { sequence: _sequence, state: _state, ...body } = event;
      return toWire(body);
    }
    case 'approval-needed': {
      const { approval } = event;
      const own = { ...approval, sessionId: clientSessionId(approval.sessionId) };
      return toWire({ type: event.type, approval: own });
    }
    case 'text-delta':
    case 'thinking-delta':
    case 'tool-call-delta': {
      // The many: they are JSON as they are.
      const { sequence: _sequence, ...body } = event;
      return body;
    }
    default: {
      const { sequence: _sequence, ...body } = event;
      return toWire(body);
    }
  }
}

function encodeTurnEnd({ turn, state, snapshot, estimate }: TurnEndEvent): TurnEnded {
  return {
    type: 'turn-end',
    turn: encodeTurn(turn),
    totals: totalsOf(state),
    snapshotId: snapshot?.id ?? '',
    ...(estimate ? { estimate: toWire(estimate) } : {}),
  };
}

function encodeTurn({ rawUsage, ...turn }: AssistantTurn): WireTurn {
  const { picoUsd } = priceResponse({ rawUsage, ...turn }).price;
  return { ...toWire(turn), costPicoUsd: picoUsd === undefined ? null : `${picoUsd}` };
}

export function totalsOf({ messages: _messages, ...totals }: AgentState): Totals {
  return totals;
}

/** The value as JSON has it; see `Wire`. */
export function toWire<Value>(value: Value): Wire<Value> {
  // What `encode` makes of a value is what `Wire` says of its type.
  return encode(value) as Wire<Value>;
}

function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return toldError(value);
  if (Array.isArray(value)) return value.map(encode);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && typeof field !== 'function');
  return Object.fromEntries(fields.map(([name, field]) => [name, encode(field)]));
}
