import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { openSeal } from '../../seal.ts';
import { type OptionNames, refuseMarkPlaces, refuseOptions } from '../validate-options.ts';
import { inputItems } from './conversation.ts';

type Wire = Readonly<Record<string, unknown>>;

const ROLES = ['assistant', 'system', 'developer', 'user'];

/** Why the Responses API would refuse a body, in about its own words. */
export function refuseResponsesBody(value: unknown): Refusal | undefined {
  const body = asObject(value);
  if (!body) return badRequest('The request body must be a JSON object.');
  if (typeof body['model'] !== 'string' || body['model'] === '') {
    return badRequest("Missing required parameter: 'model'.");
  }
  const { input } = body;
  if (input === undefined) return badRequest("Missing required parameter: 'input'.");
  if (typeof input !== 'string' && !Array.isArray(input)) {
    return badRequest("Invalid type for 'input': expected one of a string or array of input items.");
  }
  if (typeof body['previous_response_id'] === 'string') {
    return badRequest(`Previous response with id '${body['previous_response_id']}' not found.`);
  }
  const items = inputItems(input);
  return (
    refuseForeignFields(body) ??
    refuseUnstorable(body, items) ??
    refuseShapes(items) ??
    refuseCallPairs(items) ??
    refuseForeignReasoning(items) ??
    refuseLoneReasoning(items) ??
    refuseTools(body) ??
    refuseOptions(body, RESPONSES_NAMES) ??
    refuseMarkPlaces(items, 'input', (_item, { type }) => String(type).startsWith('input_'))
  );
}

const RESPONSES_NAMES: OptionNames = {
  cacheLifetimes: ['30m', '12h'],
  toolName: ({ name }) => name,
  effort: ({ reasoning }) => asObject(reasoning)?.['effort'],
  effortField: 'reasoning.effort',
};

/** Fields of Chat Completions, and what they are called here if they are anything. */
const CHAT_FIELDS: Readonly<Record<string, string>> = {
  max_tokens: " In the Responses API, this parameter has moved to 'max_output_tokens'.",
  max_completion_tokens: " In the Responses API, this parameter has moved to 'max_output_tokens'.",
  response_format: " In the Responses API, this parameter has moved to 'text.format'.",
  reasoning_effort: " In the Responses API, this parameter has moved to 'reasoning.effort'.",
  stop: '',
};

function refuseForeignFields(body: Wire): Refusal | undefined {
  const { instructions } = body;
  if (instructions !== undefined && instructions !== null && typeof instructions !== 'string') {
    return badRequest("Invalid type for 'instructions': expected a string.");
  }
  const [field, hint] = Object.entries(CHAT_FIELDS).find(([name]) => body[name] !== undefined) ?? [];
  return field === undefined ? undefined : badRequest(`Unsupported parameter: '${field}'.${hint}`);
}

function refuseShapes(items: readonly Wire[]): Refusal | undefined {
  for (const [index, { type = 'message', role, content, call_id: callId, ...item }] of items.entries()) {
    const place = `input[${index}]`;
    if (type === 'message') {
      if (typeof role !== 'string' || !ROLES.includes(role)) {
        return badRequest(`Invalid value: '${String(role)}'. Supported values are: '${ROLES.join("', '")}'.`);
      }
      if (typeof content !== 'string' && !Array.isArray(content)) {
        return badRequest(`Missing required parameter: '${place}.content'.`);
      }
      if (asArray(content).some((part) => !isPartOf(role, asObject(part)?.['type']))) {
        return badRequest(`Invalid value in '${place}.content': a part has a type that ${role} messages do not take.`);
      }
    }
    const isCall = type === 'function_call';
    if ((isCall || type === 'function_call_output') && typeof callId !== 'string') {
      return badRequest(`Missing required parameter: '${place}.call_id'.`);
    }
    const isResult = type === 'function_call_output';
    if (isResult && asArray(item['output']).some((part) => !isPartOf('user', asObject(part)?.['type']))) {
      return badRequest(`Invalid value in '${place}.output': expected input_text, input_image or input_file parts.`);
    }
    const required = isCall ? ['name', 'arguments'] : type === 'function_call_output' ? ['output'] : [];
    const missing = required.find((field) => item[field] === undefined || item[field] === null);
    if (missing !== undefined) return badRequest(`Missing required parameter: '${place}.${missing}'.`);
  }
  return undefined;
}

/** What users say is input, and what the model said is output. */
function isPartOf(role: string, type: unknown): boolean {
  return role === 'assistant'
    ? type === 'output_text' || type === 'refusal'
    : typeof type === 'string' && type.startsWith('input_');
}

/** Every call has its output, and every output its call. */
function refuseCallPairs(items: readonly Wire[]): Refusal | undefined {
  const idsOf = (type: string) => items.flatMap((item) => (item['type'] === type ? [item['call_id']] : []));
  const calls = idsOf('function_call');
  const outputs = idsOf('function_call_output');
  const unanswered = calls.find((id) => !outputs.includes(id));
  if (unanswered !== undefined) return badRequest(`No tool output found for function call ${String(unanswered)}.`);
  const orphan = outputs.find((id) => !calls.includes(id));
  if (orphan !== undefined)
    return badRequest(`No tool call found for function call output with call_id ${String(orphan)}.`);
  return undefined;
}

/** A vendor that keeps nothing does not know an item by its id; reasoning has to carry itself. */
function refuseUnstorable(body: Wire, items: readonly Wire[]): Refusal | undefined {
  const lost = items.find(
    (item) => item['type'] === 'item_reference' || (item['type'] === 'reasoning' && !item['encrypted_content']),
  );
  if (!lost) return undefined;
  const hint = body['store'] === false ? ' Items are not persisted when `store` is set to false.' : '';
  return badRequest(`Item with id '${String(lost['id'])}' not found.${hint}`);
}

function refuseForeignReasoning(items: readonly Wire[]): Refusal | undefined {
  const foreign = items.find(
    ({ type, encrypted_content: sealed }) => type === 'reasoning' && !openSeal(String(sealed)),
  );
  if (!foreign) return undefined;
  return badRequest(`The encrypted content for item ${String(foreign['id'])} could not be verified.`);
}

function refuseLoneReasoning(items: readonly Wire[]): Refusal | undefined {
  const lone = items.find((item, index) => {
    if (item['type'] !== 'reasoning') return false;
    const next = items.slice(index + 1).find((later) => later['type'] !== 'reasoning');
    return next === undefined || next['role'] === 'user' || next['type'] === 'function_call_output';
  });
  if (!lone) return undefined;
  return badRequest(
    `Item '${String(lone['id'])}' of type 'reasoning' was provided without its required following item.`,
  );
}

function refuseTools(body: Wire): Refusal | undefined {
  for (const [index, tool] of asArray(body['tools']).entries()) {
    const { type, name } = asObject(tool) ?? {};
    if (typeof type !== 'string') return badRequest(`Missing required parameter: 'tools[${index}].type'.`);
    if (type === 'function' && typeof name !== 'string') {
      return badRequest(`Missing required parameter: 'tools[${index}].name'.`);
    }
  }
  return undefined;
}
