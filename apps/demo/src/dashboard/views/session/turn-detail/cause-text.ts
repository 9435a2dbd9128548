import { tokenText } from '../../../data/format.ts';
import { pauseText } from '../timeline/pause-text.ts';
import type { CacheBreak } from '../timeline/turn-bars.ts';

/** Why a cache was broken. */
export type Cause = CacheBreak['causes'][number];
/** The cause that is a difference between what two requests sent. */
export type Difference = Extract<Cause, { readonly why: 'difference' }>;

/** Why a cache was broken, in a sentence, where it is no difference between two requests. */
export function causeText(cause: Exclude<Cause, Difference>): string {
  switch (cause.why) {
    case 'mark-change':
      return `The cache marks stood elsewhere: ${cause.before} before, ${cause.after} now.`;
    case 'no-mark':
      return `${cause.on === 'this-request' ? 'This request' : 'The request before'} had no cache mark; the policy was ${cause.policy}.`;
    case 'model-changed':
      return `Another model was asked: ${cause.before} before, ${cause.after} now. Each has a cache of its own.`;
    case 'parameter-changed': {
      const changes = cause.parameters.map(({ path, before, after }) => `${path} from ${before} to ${after}`);
      return `A setting that the cache goes by was changed: ${changes.join(', ')}. From the ${cause.part} on nothing is read.`;
    }
    case 'expired':
      return `What was kept had expired: ${pauseText(cause.idleMs)} passed, and it lives ${
        cause.isDocumented ? `for ${cause.lifetime}` : 'for less, as far as is known'
      }.`;
    case 'replaced':
      return 'Another request took the only place that the vendor has.';
    case 'below-minimum':
      return `It was too short: ${tokenText(cause.tokens)} tokens, and the vendor keeps no fewer than ${tokenText(cause.minimumTokens)}.`;
    case 'beyond-lookback':
      return `What was kept ends further back than a mark looks, which is ${cause.reach} blocks.`;
    case 'not-considered':
      return 'There were more marks than the vendor looks at.';
    case 'not-yet-visible':
      return 'Another request was still writing what could have been read.';
    case 'provider-side':
      return 'The same bytes, alive and asked for: the vendor did not read them, and does not say why.';
    case 'unknown':
      return MISSING[cause.missing];
  }
}

const MISSING = {
  content: 'What was sent is not known, so nobody can say why.',
  marks: 'Where the marks stood is not known, so nobody can say why.',
  nothing: 'All that is known does not tell why.',
} as const;

/** What became of the block where two requests part, such as “Another content in tools[3]”. */
export function differenceText({ kind, detail }: Difference): string {
  return detail === undefined || detail === null ? KINDS[kind] : `${KINDS[kind]} (${DETAILS[detail]})`;
}

const KINDS = {
  reorder: 'The same blocks in another order',
  insert: 'Something was put in',
  remove: 'Something is gone',
  edit: 'Another content',
  'shape-change': 'The same content, written otherwise',
} as const;

const DETAILS = {
  'key-order': 'the order of its keys',
  'string-or-blocks': 'a string or blocks',
  'split-or-joined': 'split or joined',
  whitespace: 'white space alone',
  'unicode-form': 'another form of the same letters',
} as const;

/** Whose doing a block is; nothing where nobody knows. */
export function ownerText({ owner }: Difference): string {
  return owner ? `${OWNERS[owner.kind]}${owner.name ? ` ${owner.name}` : ''}` : '';
}

const OWNERS = {
  hook: 'the hook',
  tool: 'the tool',
  'system-prompt': 'the system prompt',
  'history-edit': 'an edit of the history:',
  search: 'what was searched',
  user: 'what was said',
  assistant: 'what the model said',
  'tool-result': 'a tool’s result',
} as const;

/** A text in three parts, of which the middle one is what the other text does not have. */
export interface Marked {
  readonly same: string;
  readonly changed: string;
  readonly rest: string;
}

/** Where a text was cut off. */
const CUT = '…';
/** Less than this in common behind a change is chance. */
const LEAST_COMMON = 3;

/** Two pieces of text that begin at the same place, each with what is not in the other marked. They may be cut off at different ends. */
export function markChange(before: string, after: string): readonly [Marked, Marked] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  const [was, is] = [before.slice(start), after.slice(start)];
  const [gone, come] = changedLengths(was, is);
  const cut = (text: string, length: number): Marked => ({
    same: before.slice(0, start),
    changed: text.slice(0, length),
    rest: text.slice(length),
  });
  return [cut(was, gone), cut(is, come)];
}

/** The shortest beginnings of two texts behind which they go on alike. */
function changedLengths(was: string, is: string): readonly [number, number] {
  for (let both = 0; both < was.length + is.length; both += 1) {
    for (let gone = Math.max(0, both - is.length); gone <= Math.min(both, was.length); gone += 1) {
      if (goOnAlike(was.slice(gone), is.slice(both - gone))) return [gone, both - gone];
    }
  }
  return [was.length, is.length];
}

function goOnAlike(one: string, other: string): boolean {
  if (one === other) return one.length > 0;
  const [short, long] = [one, other]
    .map((text) => (text.endsWith(CUT) ? text.slice(0, -1) : text))
    .toSorted((a, b) => a.length - b.length);
  const isCut = one.endsWith(CUT) || other.endsWith(CUT);
  return isCut && short !== undefined && short.length >= LEAST_COMMON && long?.startsWith(short) === true;
}
