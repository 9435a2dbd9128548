import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SnapshotId } from '../src/index.ts';
import { type FolderContent, fileSession, folderContent } from './support/file-session.ts';

const PATHS = ['a', 'b', 'folder/c', 'folder/deep/d', 'ü/e'];

const change = fc.record({
  path: fc.constantFrom(...PATHS),
  what: fc.constantFrom('write', 'write', 'delete', 'delete folder', 'mode' as const),
  text: fc.constantFrom('', 'one', 'two', 'three'),
  mode: fc.constantFrom(0o600, 0o644, 0o755),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** What happens to a session: a turn whose tools change files, a rewind with or without them, a fork that goes on in its place. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ step: fc.constant('turn' as const), changes: fc.array(change, { maxLength: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('rewind' as const), to: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constantFrom('fork', 'rewind conversation'), to: fc.nat() }) },
);

/** A deleted folder takes every file in it along, so all of them are declared. */
function declared({ path, what }: Change): readonly string[] {
  return what === 'delete folder' ? PATHS.filter((other) => other.startsWith('folder/')) : [path];
}

function apply(root: string, { path, what, text, mode }: Change, write: (path: string, text: string) => void): void {
  const place = join(root, path);
  if (what === 'write') write(path, text);
  if (what === 'delete') rmSync(place, { force: true });
  if (what === 'delete folder') rmSync(join(root, 'folder'), { recursive: true, force: true });
  if (what === 'mode' && existsSync(place)) chmodSync(place, mode);
}

it('after any turns, rewinds and forks, a rewind gives back exactly what the folder was (B-14, B-15, X-13)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.array(step, { maxLength: 14 }), async (first, steps) => {
      const session = await fileSession();
      for (const initial of first) apply(session.root, initial, session.write);
      // What the folder was at each snapshot, and who made it.
      const model: { readonly id: SnapshotId; readonly maker: string; readonly content: FolderContent }[] = [];
      const remember = (id: SnapshotId, content: FolderContent) =>
        model.push({ id, maker: session.sessionId, content });

      for (const next of [{ step: 'turn' as const, changes: first }, ...steps]) {
        if (next.step === 'turn') {
          remember(await session.turn(), folderContent(session.root));
          for (const given of next.changes) {
            await session.beforeChange(...declared(given));
            apply(session.root, given, session.write);
          }
          continue;
        }
        const branch = (await session.store.readSnapshots(session.sessionId)).map(({ id }) => id);
        const reachable = model.filter(({ id, maker }) => maker === session.sessionId || branch.includes(id));
        const target = reachable[next.to % reachable.length];
        if (!target) throw new Error('the first turn can always be reached');
        if (next.step === 'rewind') {
          const before = folderContent(session.root);
          const { left } = await session.rewind(target.id);
          expect(folderContent(session.root)).toEqual(target.content);
          remember(left, before);
        } else if (next.step === 'rewind conversation') {
          remember(await session.rewindConversation(target.id), folderContent(session.root));
        } else if (target.maker === session.sessionId) {
          // At another's snapshot it would be a fork of that one, to which the changes of this session mean nothing.
          await session.fork(target.id);
        }
      }
      rmSync(session.root, { recursive: true });
    }),
    { numRuns: 150 },
  );
}, 60_000);
