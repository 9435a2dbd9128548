import type { CallView } from '@reprise/service/client';
import { durationText } from '../../../data/format.ts';
import { Picture } from './blocks.tsx';

const STATES: Readonly<Record<CallView['state'], string>> = {
  called: 'not answered',
  waiting: 'waits for approval',
  running: 'running',
  answered: 'answered',
};

/** A tool call with its arguments and what came of it. */
export function Call({ call }: { readonly call: CallView }) {
  const { result } = call;
  const isError = result?.isError === true;
  const look = isError
    ? 'is-danger'
    : call.state === 'waiting'
      ? 'is-warning'
      : call.state === 'running'
        ? 'is-good'
        : '';
  return (
    <details class="folded call" open={call.state === 'waiting'}>
      <summary>
        <code>{call.name}</code>
        <span class="arguments">{call.call?.argumentsText ?? ''}</span>
        <span class={`badge ${look}`}>{isError ? 'error' : STATES[call.state]}</span>
        {call.durationMs !== undefined && <span class="quiet">{durationText(call.durationMs)}</span>}
      </summary>
      {call.call && (
        <>
          <h3>Arguments</h3>
          <pre>{prettyJson(call.call.argumentsText)}</pre>
        </>
      )}
      {call.approval && call.state === 'waiting' && (
        <p>
          {call.approval.reason ?? 'Somebody has to approve this call.'} <a href="/approvals">Decide</a>
        </p>
      )}
      {result && (
        <>
          <h3>{isError ? 'Error' : 'Result'}</h3>
          {result.content.map((block, index) =>
            block.type === 'text' ? <pre key={index}>{block.text}</pre> : <Picture key={index} {...block} />,
          )}
        </>
      )}
    </details>
  );
}

/** The text with its lines broken; as it is, where it is no JSON. Numbers keep their digits: nothing is parsed but to see that it could be. */
function prettyJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const pretty = JSON.stringify(value, null, 2);
    return JSON.stringify(value) === text.replace(/\s/g, '') ? pretty : text;
  } catch {
    return text;
  }
}
