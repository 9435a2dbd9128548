import './approvals.css';
import { useState } from 'preact/hooks';
import { sessionAddress } from '../../data/session-address.ts';
import { sessionName } from '../../data/session-name.ts';
import { Empty, Failure, Loading } from '../../parts/notice.tsx';
import { WaitingCall } from '../../parts/waiting-call/waiting-call.tsx';
import { type Settled, useWaiting } from './use-waiting.ts';

/** The tool calls that wait for somebody to decide. */
export function Approvals() {
  const { value, error, reload, settled, decided } = useWaiting();
  const [said, setSaid] = useState('');
  if (!value && error) return <Failure isView error={error} onRetry={reload} />;
  if (!value) return <Loading what="what waits" />;
  const { items, hasMore } = value;
  return (
    <div class="approvals">
      <h1>Approvals</h1>
      <div role="status">
        {said !== '' && <p>{said}</p>}
        <SettledList settled={settled} />
      </div>
      {items.length === 0 && (
        <Empty title="Nothing waits">
          <p>Calls of tools that need somebody’s approval appear here, with their exact arguments.</p>
        </Empty>
      )}
      <ul>
        {items.map((item) => (
          <li key={item.approval.id}>
            <WaitingCall
              item={item}
              onDecided={(words) => {
                setSaid(words);
                decided(item);
              }}
            />
          </li>
        ))}
      </ul>
      {hasMore && <p class="quiet">More wait than stand here; they come when these are decided on.</p>}
    </div>
  );
}

/** What others have decided while this page was open. */
function SettledList({ settled }: { readonly settled: readonly Settled[] }) {
  return (
    <>
      {settled.map(({ item: { approval, session }, words }) => (
        <p key={approval.id} class="quiet">
          {words} <a href={sessionAddress(session.id)}>{sessionName(session)}</a>
        </p>
      ))}
    </>
  );
}
