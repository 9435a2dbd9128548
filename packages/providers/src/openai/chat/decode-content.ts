import { asArray, asObject } from '../../json.ts';

/** A piece of prose, as a delta or a message brings it. */
export interface ProsePiece {
  readonly kind: 'text' | 'thinking';
  readonly piece: string;
}

/** `content`: a string, or parts such as Mistral's, whose thinking parts hold text parts themselves. */
export function readContent(content: unknown): readonly ProsePiece[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', piece: content }];
  return asArray(content).flatMap((part): readonly ProsePiece[] => {
    const { type, text: own, thinking } = asObject(part) ?? {};
    if (type === 'thinking') return readContent(thinking).map(({ piece }) => ({ kind: 'thinking', piece }));
    return type === 'text' ? readContent(own) : [];
  });
}

/** Reasoning has no place in the format, and vendors gave it several; where two hold the same text, one is read. */
export function readReasoning(delta: Readonly<Record<string, unknown>>): {
  readonly piece: string | undefined;
  readonly signature: string | undefined;
} {
  const details = asArray(delta['reasoning_details']).map((detail) => asObject(detail) ?? {});
  const detailText = details.map((detail) => text(detail['text']) ?? text(detail['summary']) ?? '').join('');
  return {
    piece: text(delta['reasoning_content']) ?? text(delta['reasoning']) ?? text(detailText),
    signature: details.map((detail) => text(detail['signature'])).findLast((found) => found !== undefined),
  };
}

/** A string that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether a value holds anything. Some servers fill every field of the format with empty ones (Snowflake, 2026-07). */
export function saysSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  const fields = asObject(value);
  return fields ? Object.values(fields).some(saysSomething) : Boolean(value);
}
