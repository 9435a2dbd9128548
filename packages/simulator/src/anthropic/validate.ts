import { asArray, asObject, cacheRules } from '@reprise/providers';
import type { Refusal } from '../dialect.ts';
import { blockMarks, markLifetime } from './marks.ts';
import { refuseSignatures } from './signatures.ts';

type Wire = Readonly<Record<string, unknown>>;

/** A version since which sampling parameters are refused (platform.claude.com, API versioning, October 2026). */
const NO_SAMPLING_SINCE = '2026-10-21';
const SAMPLING_PARAMETERS = ['temperature', 'top_p', 'top_k'];

/** Models before 4.6 let a request end with the beginning of the answer; every later one refuses it. */
const ACCEPTS_PREFILL = /claude-(?:instant|[123])|-4-(?:[0-5](?!\d)|20\d{6})/;

/** Why the Messages API would refuse a body, in about its own words. */
export function refuseMessagesBody(value: unknown, headers: Headers): Refusal | undefined {
  const body = asObject(value);
  if (!body) return refusal('The request body must be a JSON object.');
  return (
    refuseFields(body, headers) ??
    refuseTools(body) ??
    refuseMessages(body) ??
    refuseContent(body) ??
    refuseMarks(body) ??
    refuseToolPairs(body) ??
    refuseSignatures(body) ??
    refusePrefill(body)
  );
}

/** The same of a body whose tokens are to be counted: it needs no output cap. */
export function refuseCountBody(value: unknown, headers: Headers): Refusal | undefined {
  const body = asObject(value);
  return refuseMessagesBody(body ? { max_tokens: 1, ...body } : value, headers);
}

function refuseFields(body: Wire, headers: Headers): Refusal | undefined {
  for (const field of ['model', 'max_tokens', 'messages']) {
    if (body[field] === undefined || body[field] === null) return refusal(`${field}: Field required`);
  }
  if (typeof body['model'] !== 'string') return refusal('model: Input should be a valid string');
  if (!Number.isInteger(body['max_tokens'])) return refusal('max_tokens: Input should be a valid integer');
  if (Number(body['max_tokens']) < 1) return refusal('max_tokens: must be greater than or equal to 1');
  if (!Array.isArray(body['messages'])) return refusal('messages: Input should be a valid list');
  if (body['messages'].length === 0) return refusal('messages: at least one message is required');
  const version = headers.get('anthropic-version');
  if (version === null) return refusal('anthropic-version: header is required');
  const sampling = SAMPLING_PARAMETERS.find((name) => body[name] !== undefined);
  if (sampling !== undefined && version >= NO_SAMPLING_SINCE) {
    return refusal(`${sampling}: Extra inputs are not permitted`);
  }
  return undefined;
}

function refuseTools(body: Wire): Refusal | undefined {
  const names = new Set<unknown>();
  for (const [index, tool] of asArray(body['tools']).entries()) {
    const { type = 'custom', name, input_schema: schema } = asObject(tool) ?? {};
    if (typeof name !== 'string') return refusal(`tools.${index}.name: Field required`);
    if (type === 'custom' && !asObject(schema)) return refusal(`tools.${index}.custom.input_schema: Field required`);
    if (names.has(name)) return refusal('tools: Tool names must be unique.');
    names.add(name);
  }
  return undefined;
}

function refuseMessages(body: Wire): Refusal | undefined {
  const messages = asArray(body['messages']);
  for (const [index, message] of messages.entries()) {
    const { role, content } = asObject(message) ?? {};
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      return refusal(`messages.${index}.role: Input should be 'user', 'assistant' or 'system'`);
    }
    if (typeof content !== 'string' && !Array.isArray(content)) {
      return refusal(`messages.${index}.content: Input should be a valid string or list`);
    }
    const mayBeEmpty = role === 'system' || (role === 'assistant' && index === messages.length - 1);
    if (content.length === 0 && !mayBeEmpty) {
      return refusal(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
  }
  if (asObject(messages[0])?.['role'] !== 'user') return refusal('messages: first message must use the "user" role');
  return undefined;
}

function refuseContent(body: Wire): Refusal | undefined {
  const places = [
    ...asArray(body['system']).map((block) => ['system', block] as const),
    ...asArray(body['messages']).flatMap((message, messageIndex) =>
      asArray(asObject(message)?.['content']).flatMap((block, index) => {
        const place = `messages.${messageIndex}.content.${index}`;
        return [block, ...asArray(asObject(block)?.['content'])].map((each) => [place, each] as const);
      }),
    ),
  ];
  for (const [place, block] of places) {
    const { type, text, signature } = asObject(block) ?? {};
    if (typeof type !== 'string') return refusal(`${place}.type: Field required`);
    if (type === 'text' && typeof text !== 'string') return refusal(`${place}.text.text: Field required`);
    if (type === 'text' && text === '') return refusal(`${place}: text content blocks must be non-empty`);
    if (type === 'text' && String(text).trim() === '') {
      return refusal(`${place}: text content blocks must contain non-whitespace text`);
    }
    if (type === 'thinking' && typeof signature !== 'string') {
      return refusal(`${place}.thinking.signature: Field required`);
    }
  }
  return undefined;
}

function refuseMarks(body: Wire): Refusal | undefined {
  const marks = blockMarks(body);
  const automatic = body['cache_control'] ?? undefined;
  const controls = [...marks, ...(automatic === undefined ? [] : [{ path: 'request', kind: '', control: automatic }])];
  for (const { path, kind, control } of controls) {
    const { type, ttl = '5m' } = asObject(control) ?? {};
    if (kind.includes('thinking')) return refusal(`${path}.cache_control: Extra inputs are not permitted`);
    if (type !== 'ephemeral') return refusal(`${path}.cache_control.type: Input should be 'ephemeral'`);
    if (ttl !== '5m' && ttl !== '1h') return refusal(`${path}.cache_control.ttl: Input should be '5m' or '1h'`);
  }
  const { maxMarks } = cacheRules('anthropic', String(body['model']));
  if (controls.length > maxMarks) {
    return refusal(`A maximum of ${maxMarks} blocks with cache_control may be provided. Found ${controls.length}.`);
  }
  const firstShort = controls.findIndex(({ control }) => markLifetime(control) === '5m');
  const lateLong = controls.find(
    ({ control }, index) => firstShort !== -1 && index > firstShort && markLifetime(control) === '1h',
  );
  if (lateLong) {
    return refusal(
      `${lateLong.path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control ` +
        'block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
    );
  }
  return undefined;
}

/** Neighbours of one role are one message to the vendor; a system message between them changes nothing. */
interface MergedMessage {
  readonly index: number;
  readonly role: unknown;
  readonly blocks: Wire[];
}

function refuseToolPairs(body: Wire): Refusal | undefined {
  const merged = mergeMessages(body);
  for (const [position, { index, role, blocks }] of merged.entries()) {
    const previous = merged[position - 1]?.blocks ?? [];
    const next = merged[position + 1]?.blocks ?? [];
    const calls = role === 'assistant' ? ids(blocks, 'tool_use', 'id') : [];
    // Results stand first; behind another block they do not count.
    const afterResults = next.findIndex((block) => block['type'] !== 'tool_result');
    const answered = ids(afterResults === -1 ? next : next.slice(0, afterResults), 'tool_result', 'tool_use_id');
    const unanswered = calls.filter((id) => !answered.includes(id));
    if (unanswered.length > 0) {
      return refusal(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. ` +
          'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
      );
    }
    const known = ids(previous, 'tool_use', 'id');
    const results = ids(blocks, 'tool_result', 'tool_use_id');
    const unknown = results.find((id) => !known.includes(id));
    if (unknown !== undefined) {
      return refusal(
        `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unknown}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      );
    }
    const repeated = results.find((id, at) => results.indexOf(id) !== at);
    if (repeated !== undefined) {
      return refusal(
        `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${repeated}`,
      );
    }
  }
  return undefined;
}

function mergeMessages(body: Wire): readonly MergedMessage[] {
  const merged: MergedMessage[] = [];
  for (const [index, message] of asArray(body['messages']).entries()) {
    const { role, content } = asObject(message) ?? {};
    if (role === 'system') continue;
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
    if (merged.at(-1)?.role !== role) merged.push({ index, role, blocks: [] });
    merged.at(-1)?.blocks.push(...blocks.map((block) => asObject(block) ?? {}));
  }
  return merged;
}

function ids(blocks: readonly Wire[], type: string, field: string): readonly unknown[] {
  return blocks.flatMap((block) => (block['type'] === type ? [block[field]] : []));
}

function refusePrefill(body: Wire): Refusal | undefined {
  const { role, content } = asObject(asArray(body['messages']).at(-1)) ?? {};
  if (role !== 'assistant' || ACCEPTS_PREFILL.test(String(body['model']))) return undefined;
  // A paused turn is continued by sending it back as the last message; only server tools pause.
  if (asArray(content).some((block) => asObject(block)?.['type'] === 'server_tool_use')) return undefined;
  return refusal(
    'This model does not support assistant message prefill. The conversation must end with a user message.',
  );
}

function refusal(message: string): Refusal {
  return { status: 400, message };
}
