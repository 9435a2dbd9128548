import { type CheckpointStore, itemsOf, type SessionId, type SessionRecord } from '@reprise/checkpoint';
import { asArray, asObject } from '@reprise/providers';

/** The names in the field `tags` of a session's metadata: those of a list, or `name=value` for each field of an object. */
export function tagsOf({ metadata }: Pick<SessionRecord, 'metadata'>): readonly string[] {
  const { tags } = asObject(parse(metadata)) ?? {};
  const names = asArray(tags).filter((tag) => typeof tag === 'string');
  const fields = Object.entries(asObject(tags) ?? {}).flatMap(([name, value]) => tagOf(name, value));
  return [...new Set([...names, ...fields])];
}

/** The tags of each session that has any. */
export async function readTags(
  store: Pick<CheckpointStore, 'listSessions' | 'readSession'>,
  {
    sessionIds,
    sessionPrefix,
  }: { readonly sessionIds: readonly SessionId[] | undefined; readonly sessionPrefix: string | undefined },
): Promise<ReadonlyMap<SessionId, readonly string[]>> {
  const found = new Map<SessionId, readonly string[]>();
  const keep = (record: SessionRecord | undefined) => {
    const tags = record ? tagsOf(record) : [];
    if (record && tags.length > 0) found.set(record.id, tags);
  };
  if (sessionIds) {
    for (const id of sessionIds) keep(await store.readSession(id));
    return found;
  }
  for await (const record of itemsOf((page) => store.listSessions({ ...page, prefix: sessionPrefix }))) keep(record);
  return found;
}

function tagOf(name: string, value: unknown): readonly string[] {
  return typeof value === 'string' || typeof value === 'number' ? [`${name}=${value}`] : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
