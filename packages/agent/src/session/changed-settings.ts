import type { RequestColumns } from '@reprise/checkpoint';
import type { CacheParameters, Model, ModelRequest } from '@reprise/providers';
import { keptSettings, settingsOf } from './ledger-row.ts';
import type { PrefixChange } from './prefix-change.ts';

type Settings = Readonly<Record<string, unknown>>;

/**
 * The settings that are not those of the request before, and lose what the vendor has cached although every block is the same; `undefined`
 * where none does. A tool choice is told by the plan of the marks, which knows what it loses.
 */
export function changedSettings(
  last: Pick<RequestColumns, 'requestOptions'>,
  { model, request }: { readonly model: Model; readonly request: ModelRequest },
): PrefixChange | undefined {
  if (!model.cacheParameters) return undefined;
  const [before, after] = [keptSettings(last), settingsOf(request)];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => name !== 'toolChoice' && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (changed.length === 0) return undefined;
  const parameters = model.cacheParameters(request);
  const lostWith = (names: readonly string[]) =>
    PARTS.find((part) => parametersWith(model, request, before, names)?.[part] !== parameters[part]);
  const part = lostWith(changed);
  const named = changed.filter((name) => lostWith([name]) !== undefined).toSorted();
  return part && settingsChange(part, named.length > 0 ? named : changed, before, after);
}

/** In the order in which a change loses most. */
const PARTS = ['tools', 'system', 'messages'] as const;

/** What the request's would be with these settings as they were before. */
function parametersWith(
  model: Model,
  request: ModelRequest,
  before: Settings,
  names: readonly string[],
): CacheParameters | undefined {
  const others = Object.entries(request).filter(([name]) => !names.includes(name));
  const earlier = names.filter((name) => name in before).map((name) => [name, before[name]] as const);
  // The fields are those of two requests.
  return model.cacheParameters?.(Object.fromEntries([...others, ...earlier]) as unknown as ModelRequest);
}

function settingsChange(
  part: (typeof PARTS)[number],
  names: readonly string[],
  before: Settings,
  after: Settings,
): PrefixChange {
  const path = names.join(', ');
  const told = names.map((name) => `${name} was ${textOf(before[name])} and is ${textOf(after[name])}`).join(', ');
  const from = part === 'tools' ? 'nothing' : `nothing of its ${part === 'system' ? 'system prompt' : 'messages'}`;
  return {
    path,
    part,
    kind: 'parameter',
    before: names.map((name) => textOf(before[name])).join(', '),
    after: names.map((name) => textOf(after[name])).join(', '),
    message: `The request begins with the last one, but ${told}: ${from} that the vendor has cached is read.`,
  };
}

const MOST_CHARACTERS = 80;

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not set';
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1).toWellFormed()}…` : text;
}
