import { useState } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { useResource } from '../../../data/use-resource.ts';
import { Failure } from '../../../parts/notice.tsx';
import { messageLine } from './message-lines.ts';

/** How many messages are read at first, and how many more each time. */
const STEP = 20;
const MOST = 500;

/** What was said on a branch up to a snapshot, behind so many messages. */
export function BranchMessages({
  sessionId,
  snapshotId,
  behind,
  name,
}: {
  readonly sessionId: string;
  readonly snapshotId: string;
  readonly behind: number;
  readonly name: string;
}) {
  const [limit, setLimit] = useState(STEP);
  const page = useResource(
    (signal) => client.value.sessions.messages(sessionId, { snapshot: snapshotId, limit, signal }).page(`${behind}`),
    [sessionId, snapshotId, behind, limit],
  );
  if (page.error) return <Failure error={page.error} onRetry={page.reload} />;
  const { items = [], next = null } = page.value ?? {};
  return (
    <section class="branch" aria-label={`Messages of ${name}`}>
      <h3>{name}</h3>
      {page.value && items.length === 0 && <p class="quiet">Nothing was said here after the parting.</p>}
      <ol>
        {items.map(messageLine).map(({ index, who, text }) => (
          <li key={index}>
            <small class="quiet">{who}</small>
            <p>{text}</p>
          </li>
        ))}
      </ol>
      {next !== null && limit < MOST && (
        <button type="button" class="button" onClick={() => setLimit(Math.min(MOST, limit + STEP))}>
          More
        </button>
      )}
    </section>
  );
}
