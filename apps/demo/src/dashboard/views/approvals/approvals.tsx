import './approvals.css';
import { useState } from 'preact/hooks';
import { useResource } from '../../data/use-resource.ts';
import { readWaiting } from '../../data/waiting-approvals.ts';
import { Empty, Failure, Loading } from '../../parts/notice.tsx';
import { WaitingCall } from '../../parts/waiting-call/waiting-call.tsx';

const LIVE_MS = 2500;

/** The tool calls that wait for somebody to decide. */
export function Approvals() {
  const waiting = useResource(readWaiting, [], { everyMs: LIVE_MS });
  const [said, setSaid] = useState('');
  if (!waiting.value && waiting.error) return <Failure isView error={waiting.error} onRetry={waiting.reload} />;
  if (!waiting.value) return <Loading what="what waits" />;
  return (
    <div class="approvals">
      <h1>Approvals</h1>
      <p role="status">{said}</p>
      {waiting.value.length === 0 && (
        <Empty title="Nothing waits">
          <p>Calls of tools that need somebody’s approval appear here, with their exact arguments.</p>
        </Empty>
      )}
      <ul>
        {waiting.value.map((item) => (
          <li key={item.approval.id}>
            <WaitingCall
              item={item}
              onDecided={(words) => {
                setSaid(words);
                waiting.reload();
              }}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
