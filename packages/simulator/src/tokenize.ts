import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

/** What a picture or a page counts, whatever its bytes. Anthropic's figure for one of the largest size it keeps is about 1 600. */
const MEDIA_TOKENS = 1600;

/** Merging is quadratic in the length of a run without a boundary; longer texts are counted in slices. */
const SLICE_LENGTH = 2000;

/** How much text one counter remembers. */
const DEFAULT_CAPACITY_CHARACTERS = 8_000_000;

/** How many tokens a text is, by one tokenizer (o200k) for every vendor: near enough, and the same every time. */
export function textTokens(text: string): number {
  let tokens = 0;
  for (let start = 0; start < text.length; start += SLICE_LENGTH) {
    // Names of special tokens are ordinary text to a vendor.
    tokens += countTokens(text.slice(start, start + SLICE_LENGTH), { disallowedSpecial: new Set() });
  }
  return tokens;
}

/**
 * Counts the blocks of requests, from their JSON; its syntax stands for what a vendor adds around a message.
 * A text is counted once while it is remembered, so a growing conversation costs only what is new.
 */
export function createBlockCounter(
  capacityCharacters: number = DEFAULT_CAPACITY_CHARACTERS,
): (blockText: string) => number {
  const known = new Map<string, number>();
  let characters = 0;
  return (blockText) => {
    let tokens = known.get(blockText);
    if (tokens !== undefined) return tokens;
    tokens = blockTokens(blockText);
    known.set(blockText, tokens);
    characters += blockText.length;
    for (const oldest of known.keys()) {
      if (characters <= capacityCharacters) break;
      known.delete(oldest);
      characters -= oldest.length;
    }
    return tokens;
  };
}

function blockTokens(blockText: string): number {
  if (!/"(?:base64|images|image_url)"/.test(blockText)) return textTokens(blockText);
  let media = 0;
  const withoutMedia = JSON.stringify(JSON.parse(blockText), (key: string, value: unknown) => {
    const count = mediaCount(key, value);
    media += count;
    return count === 0 ? value : undefined;
  });
  return textTokens(withoutMedia) + media * MEDIA_TOKENS;
}

/** How many pictures or files a JSON field is: Anthropic's base64 sources, OpenAI's image addresses, Ollama's list. */
function mediaCount(key: string, value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (key === 'source') return 'type' in value && value.type === 'base64' ? 1 : 0;
  if (key === 'image_url') return 1;
  return key === 'images' && Array.isArray(value) ? value.length : 0;
}
