import type { Break, BreakCause, Difference, Owner } from '../explain/break.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from './money.ts';
import { COLOURED, type Paint, PLAIN } from './paint.ts';
import type { TerminalOptions } from './terminal.ts';
import { escaped, wrap } from './text.ts';

/** Breaks as text for a terminal: what each turn missed, where and why, and what was there before. Ends without a line break. */
export function renderBreaks(breaks: readonly Break[], { colour = false, width = 80 }: TerminalOptions = {}): string {
  const paint = colour ? COLOURED : PLAIN;
  const lineWidth = Math.max(20, Math.floor(width));
  if (breaks.length === 0)
    return wrap('No turn read less from the cache than the turn before it had made possible.', lineWidth).join('\n');
  return runs(breaks)
    .map((run) => drawRun(run, lineWidth, paint).join('\n'))
    .join('\n\n');
}

/** What a break missed, in one sentence without its causes. */
export function breakSentence({ turn, ...found }: Break): string {
  return `Turn ${formatInteger(turn)} ${missedText(found)}`;
}

/** A cause, in one sentence. */
export function causeSentence(cause: BreakCause): string {
  switch (cause.why) {
    case 'difference':
      return differenceSentence(cause);
    case 'mark-change':
      return `${cause.path} had ${cause.before} and is behind ${cause.after} now: marks decide what is read.`;
    case 'no-mark': {
      const whose = cause.on === 'this-request' ? 'This request' : 'The request before';
      return `${whose} had no cache mark (policy ${escaped(cause.policy)}).`;
    }
    case 'model-changed':
      return `The request before went to ${escaped(cause.before)} and this one to ${escaped(cause.after)}, which has a cache of its own.`;
    case 'parameter-changed': {
      const settings = cause.parameters.map(
        ({ path, before, after }) => `${path} was ${escaped(before)} and is ${escaped(after)}`,
      );
      return `A setting has changed that takes the ${cause.part} and all behind from the cache: ${settings.join('; ')}.`;
    }
    case 'expired':
      return expiredSentence(cause);
    case 'replaced':
      return 'Another request has taken the only place that the server keeps.';
    case 'below-minimum':
      return `${formatInteger(cause.tokens)} tokens are below the ${formatInteger(cause.minimumTokens)} that the vendor keeps.`;
    case 'beyond-lookback':
      return `What was kept ends at ${cause.path ?? 'a block'}, further back than the ${cause.reach} places that a mark looks.`;
    case 'not-considered':
      return `What was kept ends at ${cause.path ?? 'a block'}, behind more marks than the vendor looks at.`;
    case 'not-yet-visible':
      return 'Another request was still writing it: what is written can be read once its answer has begun.';
    case 'provider-side':
      return 'The vendor did not read it, for no reason on this side: the same bytes, still alive, in reach of a mark.';
    case 'unknown':
      return `Why is not known${cause.missing === 'nothing' ? '' : `: the ${cause.missing} of the requests ${cause.missing === 'marks' ? 'are' : 'is'} missing`}.`;
  }
}

type BreakRun = readonly [Break, ...Break[]];

/** Breaks that follow each other for one reason that lasts are told once. */
function runs(breaks: readonly Break[]): readonly BreakRun[] {
  const all: BreakRun[] = [];
  for (const found of breaks) {
    const last = all.at(-1);
    if (last && LASTING.has(found.causes[0].why) && isAlike(last[0], found)) all[all.length - 1] = [...last, found];
    else all.push([found]);
  }
  return all;
}

const LASTING: ReadonlySet<BreakCause['why']> = new Set(['below-minimum', 'no-mark', 'unknown']);

function isAlike(one: Break, other: Break): boolean {
  const isSame = one.causes.length === 1 && other.causes.length === 1 && !one.vendor && !other.vendor;
  return isSame && one.causes[0].why === other.causes[0].why;
}

function drawRun(run: BreakRun, width: number, paint: Paint): readonly string[] {
  const [first] = run;
  const last = run.at(-1) ?? first;
  const turns =
    first === last
      ? `Turn ${formatInteger(first.turn)}`
      : `Turns ${formatInteger(first.turn)} to ${formatInteger(last.turn)}`;
  const head = wrap(`${turns} ${missedText(summed(run))}`, width).map(paint.head);
  return [...head, ...first.causes.flatMap((cause) => drawCause(cause, width, paint)), ...drawOpinion(first, width)];
}

type Missed = Pick<Break, 'expectedTokens' | 'isEstimated' | 'lostPicoUsd' | 'missedTokens' | 'readTokens'>;

function summed(run: BreakRun): Missed {
  const total = (of: (found: Break) => number) => run.reduce((sum, found) => sum + of(found), 0);
  const isPriced = run.every(({ lostPicoUsd }) => lostPicoUsd !== undefined);
  return {
    expectedTokens: total((found) => found.expectedTokens),
    readTokens: total((found) => found.readTokens),
    missedTokens: total((found) => found.missedTokens),
    lostPicoUsd: isPriced ? run.reduce((sum, found) => sum + (found.lostPicoUsd ?? 0n), 0n) : undefined,
    isEstimated: run.some((found) => found.isEstimated),
  };
}

function missedText({ expectedTokens, readTokens, lostPicoUsd, isEstimated }: Missed): string {
  const about = isEstimated ? 'about ' : '';
  const lost =
    lostPicoUsd === undefined
      ? 'what that cost is not known'
      : `which cost ${formatPicoUsd(lostPicoUsd, decimalsFor([lostPicoUsd]))} more`;
  return `read ${formatInteger(readTokens)} of ${about}${formatInteger(expectedTokens)} tokens that could have been read, ${lost}.`;
}

function drawCause(cause: BreakCause, width: number, paint: Paint): readonly string[] {
  const sentence = wrap(causeSentence(cause), width - 2).map((line) => `  ${line}`);
  if (cause.why !== 'difference') return sentence;
  const shown = (mark: string, text: string | undefined, tint: Paint['gain']) =>
    text === undefined ? [] : [tint(`    ${mark} ${escaped(text)}`.slice(0, width))];
  return [...sentence, ...shown('-', cause.before, paint.loss), ...shown('+', cause.after, paint.gain)];
}

function drawOpinion(found: Break, width: number): readonly string[] {
  return vendorSentence(found).flatMap((sentence) => wrap(sentence, width - 2).map((line) => `  ${line}`));
}

/** The vendor's own verdict in a sentence; none where there is no verdict. */
export function vendorSentence({ vendor }: Break): readonly string[] {
  if (!vendor) return [];
  const { verdict, opinion } = vendor;
  const said = verdict.reason === undefined ? verdict.verdict : `${verdict.verdict} (${verdict.reason})`;
  const comment = { agrees: ', and agrees', contradicts: ', which contradicts this', silent: '' }[opinion];
  return [`The vendor says: ${escaped(said)}${comment}.`];
}

const KINDS: Readonly<Record<Difference['kind'], string>> = {
  reorder: 'begins another order of the same blocks',
  insert: 'is new',
  remove: 'is gone',
  edit: 'was changed',
  'shape-change': 'says the same in other bytes',
};

const DETAILS: Readonly<Record<NonNullable<Difference['detail']>, string>> = {
  'key-order': 'its keys are in another order',
  'string-or-blocks': 'a text and a list of that text',
  'split-or-joined': 'one text and several',
  whitespace: 'in blanks and line breaks alone',
  'unicode-form': 'in the Unicode form of its characters alone',
};

function differenceSentence({ path, blockIndex, kind, detail, byteOffset, owner }: Difference): string {
  const place = path === undefined ? `Block ${formatInteger(blockIndex + 1)} of the prompt` : escaped(path);
  const how = detail === undefined ? '' : ` (${DETAILS[detail]})`;
  const at =
    byteOffset === undefined || byteOffset === 0 ? '' : `, from byte ${formatInteger(byteOffset)} of its block on`;
  const whose = owner === undefined ? '' : `; ${ownerText(owner)}`;
  return `${place} ${KINDS[kind]}${how}${at}${whose}.`;
}

function ownerText({ kind, name }: Owner): string {
  const named = name === undefined ? '' : ` ${escaped(name)}`;
  switch (kind) {
    case 'hook':
      return `hook${named} has replaced it`;
    case 'history-edit':
      return `the history was edited:${named}`;
    case 'tool-result':
      return `a result of tool${named}`;
    case 'system-prompt':
      return 'the system prompt';
    case 'search':
      return 'the vendor’s search';
    case 'tool':
      return `tool${named}`;
    case 'user':
    case 'assistant':
      return `a message of the ${kind}`;
  }
}

function expiredSentence({ lifetime, idleMs, isDocumented }: Extract<BreakCause, { readonly why: 'expired' }>): string {
  const kept = isDocumented ? `lives ${lifetime}` : 'lives some minutes, which the vendor does not promise';
  return `It had expired: it ${kept}, and ${durationText(idleMs)} had passed since its last use.`;
}

function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
