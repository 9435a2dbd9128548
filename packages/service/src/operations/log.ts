/**
 * What a service writes down of itself: lines of JSON, by pino.
 *
 * G1. A line says what happened, where and how long it took; never what was said, and never a key or a token.
 * G2. Of an error it has the code, the words with what looks like a secret masked, where it came from, and its causes alike.
 */

import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';
import { describeError } from './describe-error.ts';
import type { Observer, RequestNews, ServiceNews } from './service-news.ts';

/** A logger of pino's. */
export type Log = Logger;

/** From which level on lines are written. */
export type Level = LevelWithSilent;

/** What our own lines never have; it is for those that others write with the same logger. */
const REDACTED = ['authorization', 'cookie', 'apiKey', 'token', 'password', 'connectionString', 'messages', 'input'];

/** Lines of JSON, on standard output unless told otherwise. */
export function createLog(level: Level, destination?: DestinationStream): Log {
  const paths = REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = { level, redact: { paths, censor: '***' } };
  return destination ? pino(options, destination) : pino(options);
}

/** Writes the news of a service to a log. */
export function logTo(log: Log): Observer {
  return (news) => {
    const line = lineOf(news);
    if (line) log[line.level](line.fields, line.text);
  };
}

interface Line {
  readonly level: 'debug' | 'error' | 'info';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const SENTENCES: Readonly<
  Record<Exclude<ServiceNews['type'], 'events-write' | 'stream-end' | 'stream-start'>, string>
> = {
  'request-end': 'A request was answered',
  'worker-start': 'A worker takes runs',
  'worker-end': 'A worker has ended',
  'run-take-up': 'A run was taken up',
  'run-leave': 'A run was left, and goes on elsewhere',
  'run-end': 'A run has ended',
  'turn-end': 'A model has answered',
  'compaction-end': 'A conversation was compacted',
  'tool-end': 'A tool call has its result',
  trouble: 'Something went wrong',
};

function lineOf(news: ServiceNews): Line | undefined {
  switch (news.type) {
    case 'request-end':
      return { level: isProbe(news) ? 'debug' : 'info', fields: fieldsOf(news), text: SENTENCES[news.type] };
    case 'worker-start':
    case 'worker-end':
    case 'run-take-up':
    case 'run-leave':
    case 'run-end':
      return { level: 'info', fields: fieldsOf(news), text: SENTENCES[news.type] };
    case 'tool-end':
      return { level: 'debug', fields: fieldsOf(news), text: SENTENCES[news.type] };
    case 'compaction-end': {
      const { runId, sessionId, costPicoUsd } = news;
      return {
        level: 'debug',
        fields: { runId, sessionId, costPicoUsd: `${costPicoUsd}` },
        text: SENTENCES[news.type],
      };
    }
    case 'turn-end': {
      const { runId, sessionId, costPicoUsd, turn } = news;
      const { model, stopReason, tokens, timing } = turn;
      const fields = {
        runId,
        sessionId,
        model,
        stopReason,
        tokens,
        ms: timing.durationMs,
        costPicoUsd: `${costPicoUsd}`,
      };
      return { level: 'debug', fields, text: SENTENCES[news.type] };
    }
    case 'trouble': {
      const { error, id, run } = news;
      return { level: 'error', fields: { id, ...run, error: describeError(error) }, text: SENTENCES[news.type] };
    }
    default:
      return undefined;
  }
}

/** Somebody asks every few seconds. */
function isProbe({ route }: RequestNews): boolean {
  return /\/(healthz|readyz|metrics)$/.test(route);
}

function fieldsOf({ type: _type, ...fields }: ServiceNews): Readonly<Record<string, unknown>> {
  return fields;
}
