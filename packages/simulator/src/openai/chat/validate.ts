import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { type OptionNames, refuseMarkPlaces, refuseOptions } from '../validate-options.ts';

type Wire = Readonly<Record<string, unknown>>;

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'];

/** Why the Chat Completions API would refuse a body, in about its own words. */
export function refuseChatBody(value: unknown): Refusal | undefined {
  const body = asObject(value);
  if (!body) return badRequest('The request body must be a JSON object.');
  if (typeof body['model'] !== 'string' || body['model'] === '')
    return badRequest('you must provide a model parameter');
  if (body['messages'] === undefined) return badRequest("Missing required parameter: 'messages'.");
  if (!Array.isArray(body['messages'])) {
    return badRequest("Invalid type for 'messages': expected an array of objects.");
  }
  if (body['messages'].length === 0) {
    return badRequest(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array.",
    );
  }
  const messages = body['messages'].map((message) => asObject(message) ?? {});
  return (
    refuseShapes(messages) ??
    refuseParts(messages) ??
    refuseToolPairs(messages) ??
    refuseTools(body) ??
    refuseOptions(body, CHAT_NAMES) ??
    refuseFormat(body) ??
    refuseMarkPlaces(messages, 'messages', (_message, { type }) => type !== 'refusal')
  );
}

const CHAT_NAMES: OptionNames = {
  cacheLifetimes: ['30m'],
  toolName: (tool) => asObject(tool['function'])?.['name'],
  effort: ({ reasoning_effort: effort }) => effort,
  effortField: 'reasoning_effort',
};

function refuseShapes(messages: readonly Wire[]): Refusal | undefined {
  for (const [index, { role, content, tool_calls: calls, tool_call_id: callId }] of messages.entries()) {
    if (typeof role !== 'string' || !ROLES.includes(role)) {
      return badRequest(`Invalid value for 'messages[${index}].role'. Supported values are: '${ROLES.join("', '")}'.`);
    }
    const isMissing = content === undefined || content === null;
    const mayMiss = role === 'assistant' && Array.isArray(calls) && calls.length > 0;
    if (isMissing ? !mayMiss : typeof content !== 'string' && !Array.isArray(content)) {
      return badRequest(`Invalid value for 'content': expected a string or an array at 'messages[${index}].content'.`);
    }
    if (role === 'tool' && typeof callId !== 'string') {
      return badRequest(`Missing required parameter: 'messages[${index}].tool_call_id'.`);
    }
    if (Array.isArray(calls) && calls.length === 0) {
      return badRequest(
        `Invalid 'messages[${index}].tool_calls': empty array. Expected an array with minimum length 1.`,
      );
    }
    for (const [callIndex, call] of asArray(calls).entries()) {
      const place = `messages[${index}].tool_calls[${callIndex}]`;
      const { id, function: called } = asObject(call) ?? {};
      const { name, arguments: argumentsText } = asObject(called) ?? {};
      if (typeof id !== 'string') return badRequest(`Missing required parameter: '${place}.id'.`);
      if (typeof name !== 'string') return badRequest(`Missing required parameter: '${place}.function.name'.`);
      if (typeof argumentsText !== 'string') {
        return badRequest(`Invalid type for '${place}.function.arguments': expected a string.`);
      }
    }
  }
  return undefined;
}

/** Which parts each role's messages may hold; a user's may hold any. */
const PART_TYPES: Readonly<Record<string, readonly string[]>> = {
  system: ['text'],
  developer: ['text'],
  assistant: ['text', 'refusal'],
  tool: ['text'],
};

function refuseParts(messages: readonly Wire[]): Refusal | undefined {
  for (const [index, { role, content }] of messages.entries()) {
    const allowed = PART_TYPES[String(role)];
    const part = asArray(content).find((each) => allowed && !allowed.includes(String(asObject(each)?.['type'])));
    if (part === undefined) continue;
    const type = String(asObject(part)?.['type']);
    return badRequest(
      type === 'image_url'
        ? `Invalid 'messages[${index}]'. Image URLs are only allowed for messages with role 'user', but this message with role '${String(role)}' contains an image URL.`
        : `Invalid value: '${type}' in 'messages[${index}].content'. Supported values are: '${allowed?.join("', '")}'.`,
    );
  }
  return undefined;
}

/** Every call is answered before anything else is said, and nothing else is answered. */
function refuseToolPairs(messages: readonly Wire[]): Refusal | undefined {
  let calls: readonly unknown[] = [];
  let waiting = new Set<unknown>();
  for (const message of messages) {
    if (message['role'] === 'tool') {
      if (!calls.includes(message['tool_call_id'])) {
        return badRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
        );
      }
      waiting.delete(message['tool_call_id']);
      continue;
    }
    if (waiting.size > 0) break;
    calls = asArray(message['tool_calls']).map((call) => asObject(call)?.['id']);
    waiting = new Set(calls);
  }
  if (waiting.size === 0) return undefined;
  return badRequest(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...waiting].join(', ')}`,
  );
}

function refuseFormat(body: Wire): Refusal | undefined {
  const format = asObject(body['response_format']);
  if (format?.['type'] !== 'json_schema') return undefined;
  const { name, schema } = asObject(format['json_schema']) ?? {};
  if (typeof name !== 'string') return badRequest("Missing required parameter: 'response_format.json_schema.name'.");
  return asObject(schema) ? undefined : badRequest("Missing required parameter: 'response_format.json_schema.schema'.");
}

function refuseTools(body: Wire): Refusal | undefined {
  for (const [index, tool] of asArray(body['tools']).entries()) {
    const { type, function: called } = asObject(tool) ?? {};
    if (type === 'function' && typeof asObject(called)?.['name'] !== 'string') {
      return badRequest(`Missing required parameter: 'tools[${index}].function.name'.`);
    }
  }
  return undefined;
}
