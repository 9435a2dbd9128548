import type { ToolResultBlock } from '@reprise/providers';
import { durationText } from '../../../data/format.ts';
import { Picture } from './blocks.tsx';
import type { CallRow } from './rows.ts';

/** A tool call with its arguments and what came of it. */
export function Call({ call }: { readonly call: CallRow }) {
  const { name, result, reason, durationMs, effect, attempts = 1 } = call;
  const isError = result?.isError === true;
  const argumentsText = call.call?.argumentsText;
  const isWaiting = call.state === 'waiting';
  return (
    <details class={`folded call ${isError ? 'is-failed' : ''}`}>
      <summary>
        <code>{name}</code>
        <span class="arguments">{argumentsText ?? ''}</span>
        {effect && (
          <span class="badge" title={EFFECTS[effect].meaning}>
            {EFFECTS[effect].name}
          </span>
        )}
        <span class={`badge ${LOOKS[isError ? 'failed' : call.state]}`}>{isError ? 'failed' : STATES[call.state]}</span>
        {durationMs !== undefined && <span class="quiet">{durationText(durationMs)}</span>}
        {isError && <span class="why">{firstLine(result)}</span>}
      </summary>
      {attempts > 1 && <p class="quiet">It was started {attempts} times.</p>}
      {argumentsText !== undefined && (
        <>
          <h3>Arguments</h3>
          <pre>{prettyJson(argumentsText)}</pre>
        </>
      )}
      {isWaiting && <p>{reason ?? 'Somebody has to approve this call.'}</p>}
      {result && <Result result={result} />}
    </details>
  );
}

function Result({ result }: { readonly result: ToolResultBlock }) {
  return (
    <>
      <h3>{result.isError ? 'Error' : 'Result'}</h3>
      {result.content.length === 0 && <p class="quiet">Nothing.</p>}
      {result.content.map((block, index) =>
        block.type === 'text' ? <pre key={index}>{block.text}</pre> : <Picture key={index} {...block} />,
      )}
    </>
  );
}

const STATES: Readonly<Record<CallRow['state'], string>> = {
  called: 'no result',
  waiting: 'waits for approval',
  approved: 'approved, not run yet',
  denied: 'refused, not told yet',
  running: 'running',
  answered: 'done',
};

const LOOKS: Readonly<Record<CallRow['state'] | 'failed', string>> = {
  called: '',
  waiting: 'is-warning',
  approved: 'is-warning',
  denied: 'is-warning',
  running: 'is-good',
  answered: '',
  failed: 'is-danger',
};

const EFFECTS = {
  pure: { name: 'pure', meaning: 'Running it twice does nothing more.' },
  idempotent: { name: 'idempotent', meaning: 'Running it twice does the same again.' },
  effect: { name: 'effect', meaning: 'Running it twice would do harm: it is run once.' },
} as const;

function firstLine({ content }: ToolResultBlock): string {
  const text = content.find((block) => block.type === 'text');
  return text?.type === 'text' ? (text.text.trim().split('\n')[0] ?? '') : '';
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
