import type { TurnBody } from '@reprise/service/client';

/** Where the request asked its vendor to cache up to, for how long, and why there. */
export function Marks({ marks }: Pick<TurnBody, 'marks'>) {
  const placed = Array.isArray(marks) ? marks.map(readMark) : [];
  return (
    <>
      <h3>Cache marks</h3>
      {placed.length === 0 ? (
        <p class="quiet">None: the vendor caches by itself, or was not asked to.</p>
      ) : (
        <ul class="marks">
          {placed.map(({ place, lifetime, reason }) => (
            <li key={`${place} ${lifetime} ${reason}`}>
              <code>{place}</code>
              {lifetime !== '' && <span class="badge">{lifetime}</span>}
              <span>{reason}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The ledger keeps marks as the provider planned them, and versions of it may have planned otherwise. */
function readMark(mark: unknown) {
  const fields: Record<string, unknown> = typeof mark === 'object' && mark !== null ? { ...mark } : {};
  const { path, blockIndex, lifetime, reason } = { path: '', blockIndex: '', lifetime: '', reason: '', ...fields };
  return { place: String(path || `block ${blockIndex}`), lifetime: String(lifetime), reason: String(reason) };
}
