import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { STRICTER_SINCE } from './options.ts';

type Wire = Readonly<Record<string, unknown>>;

interface Place {
  readonly path: string;
  readonly role: unknown;
  readonly block: Wire;
  /** Whether it lies inside another block, such as a tool's result. */
  readonly isNested: boolean;
}

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** What the blocks of the system prompt and of the messages may hold. */
export function refuseContent(body: Wire, headers: Headers): Refusal | undefined {
  const isStricter = (headers.get('anthropic-version') ?? '') >= STRICTER_SINCE;
  for (const place of places(body)) {
    const refusal = refuseText(place) ?? refuseSource(place) ?? (isStricter ? refuseRole(place) : undefined);
    if (refusal) return refusal;
  }
  return undefined;
}

function places(body: Wire): readonly Place[] {
  return [
    ...asArray(body['system']).map((block): Place => {
      return { path: 'system', role: 'system', block: asObject(block) ?? {}, isNested: false };
    }),
    ...asArray(body['messages']).flatMap((message, messageIndex) => {
      const { role, content } = asObject(message) ?? {};
      return asArray(content).flatMap((value, index): readonly Place[] => {
        const path = `messages.${messageIndex}.content.${index}`;
        const block = asObject(value) ?? {};
        const inner = asArray(block['content']).map((each) => asObject(each) ?? {});
        return [
          { path, role, block, isNested: false },
          ...inner.map((each) => ({ path, role, block: each, isNested: true })),
        ];
      });
    }),
  ];
}

function refuseText({ path, block: { type, text, signature } }: Place): Refusal | undefined {
  if (typeof type !== 'string') return badRequest(`${path}.type: Field required`);
  if (type === 'thinking' && typeof signature !== 'string') {
    return badRequest(`${path}.thinking.signature: Field required`);
  }
  if (type !== 'text') return undefined;
  if (typeof text !== 'string') return badRequest(`${path}.text.text: Field required`);
  if (text === '') return badRequest(`${path}: text content blocks must be non-empty`);
  return text.trim() === '' ? badRequest(`${path}: text content blocks must contain non-whitespace text`) : undefined;
}

/** Files that are given whole: pictures of four kinds, PDFs as base64, and texts as they are. */
function refuseSource({ path, block }: Place): Refusal | undefined {
  const { type: kind, media_type: mediaType } = asObject(block['source']) ?? {};
  if (block['type'] === 'image' && kind === 'base64' && !IMAGE_TYPES.some((each) => each === mediaType)) {
    return badRequest(
      `${path}.image.source.base64.media_type: Input should be '${IMAGE_TYPES.slice(0, -1).join("', '")}' or 'image/webp'`,
    );
  }
  if (block['type'] !== 'document') return undefined;
  const expected = kind === 'base64' ? 'application/pdf' : kind === 'text' ? 'text/plain' : mediaType;
  return mediaType === expected
    ? undefined
    : badRequest(`${path}.document.source.${String(kind)}.media_type: Input should be '${String(expected)}'`);
}

function refuseRole({ path, role, block: { type, citations }, isNested }: Place): Refusal | undefined {
  if (isNested) return undefined;
  if (type === 'document' && role === 'assistant') {
    return badRequest(`${path}: \`document\` blocks are not permitted in assistant messages.`);
  }
  if (type === 'text' && role === 'user' && asArray(citations).length > 0) {
    return badRequest(`${path}.text.citations: Extra inputs are not permitted`);
  }
  return undefined;
}
