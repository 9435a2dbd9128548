import type { JsonValue } from '../../json.ts';
import { fieldsOf, joinPath } from '../exact-json.ts';
import type { RequestSummary } from './request-key.ts';

/** Where two requests differ. */
export interface Difference {
  /** Such as `messages[3].content[0].text`; `url`, `method` and `stream` for what is not the body. */
  readonly path: string;
  /** What stands there, shortened to the surroundings of the difference. */
  readonly recorded: string;
  readonly sent: string;
}

/** Every place where two requests differ, in the order of the fields' names. Empty for requests that ask the same. */
export function differences(recorded: RequestSummary, sent: RequestSummary): readonly Difference[] {
  const found: Difference[] = [];
  compare(recorded.method, sent.method, 'method', found);
  compare(recorded.url, sent.url, 'url', found);
  compare(recorded.body, sent.body, '', found);
  // Last, as it nearly always follows from a field of the body that says more.
  compare(recorded.stream, sent.stream, 'stream', found);
  return found;
}

function compare(
  recorded: JsonValue | undefined,
  sent: JsonValue | undefined,
  path: string,
  found: Difference[],
): void {
  if (Array.isArray(recorded) && Array.isArray(sent)) {
    for (let index = 0; index < Math.max(recorded.length, sent.length); index += 1) {
      compare(recorded[index], sent[index], `${path}[${index}]`, found);
    }
    return;
  }
  const [left, right] = [fieldsOf(recorded), fieldsOf(sent)];
  if (left && right) {
    for (const name of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
      compare(left[name], right[name], joinPath(path, name), found);
    }
    return;
  }
  if (JSON.stringify(recorded) === JSON.stringify(sent)) return;
  found.push({ path: path === '' ? 'body' : path, ...snippets(recorded, sent) });
}

const BEFORE = 20;
const AFTER = 40;

function snippets(recorded: JsonValue | undefined, sent: JsonValue | undefined): { recorded: string; sent: string } {
  if (typeof recorded !== 'string' || typeof sent !== 'string') return { recorded: show(recorded), sent: show(sent) };
  let same = 0;
  while (same < recorded.length && recorded[same] === sent[same]) same += 1;
  const around = (text: string): string => {
    const start = Math.max(0, same - BEFORE);
    const end = same + AFTER;
    return JSON.stringify(`${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`);
  };
  return { recorded: around(recorded), sent: around(sent) };
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > BEFORE + AFTER ? `${text.slice(0, BEFORE + AFTER)}…` : text;
}
