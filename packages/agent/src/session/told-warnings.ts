import { createHash } from 'node:crypto';
import type { RequestColumns } from '@reprise/checkpoint';
import { asArray, asObject, parseExactJson, type WarningEvent } from '@reprise/providers';

/** The warnings that the listeners of a session have had, by their words. */
export class ToldWarnings {
  readonly #told: Set<string>;
  /** What is not kept: whoever opens the session again hears of it when it happens again. */
  readonly #passing = new Set<string>();

  /** `kept` is what the session's last row has of them. */
  constructor(kept: readonly string[] = []) {
    this.#told = new Set(kept);
  }

  /** Takes note of one. Whether it is the first of its words. */
  note({ code, message }: Pick<WarningEvent, 'code' | 'message'>): boolean {
    const digits = createHash('sha256').update(message, 'utf8').digest('hex').slice(0, KEPT_DIGITS);
    const told = code === 'cache/prefix-changed' ? this.#passing : this.#told;
    return told.size < told.add(digits).size;
  }

  /** What a row keeps of them; nothing where there are none. */
  get fields(): { readonly warned?: readonly string[] } {
    return this.#told.size === 0 ? {} : { warned: [...this.#told].slice(-MAX_KEPT) };
  }
}

/** What a row keeps of the warnings that were told up to it. */
export function keptWarnings({ requestOptions }: Pick<RequestColumns, 'requestOptions'>): readonly string[] {
  return asArray(asObject(parseExactJson(requestOptions))?.['warned']).filter((kept) => typeof kept === 'string');
}

/** Of a hash: enough to tell the warnings of one session apart. */
const KEPT_DIGITS = 16;

/** More than this are not kept: words that are new every time would fill the store. */
const MAX_KEPT = 50;
