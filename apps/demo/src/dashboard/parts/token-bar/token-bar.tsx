import './token-bar.css';
import { shortCount, tokenText } from '../../data/format.ts';
import { BUCKETS, type TokenBuckets } from './token-buckets.ts';

/** One bar of the four colours, with the numbers beneath it and in words for screen readers. */
export function TokenBar({
  tokens,
  silentTurns = 0,
}: {
  readonly tokens: TokenBuckets;
  readonly silentTurns?: number;
}) {
  const total = BUCKETS.reduce((sum, { field }) => sum + (tokens[field] ?? 0), 0);
  const atLeast = silentTurns > 0 ? '≥ ' : '';
  return (
    <span class="token-bar">
      <span class="token-bar-line" aria-hidden="true">
        {BUCKETS.map(({ name, field }) => (
          <span key={name} class={`is-${name}`} style={{ flexGrow: total === 0 ? 0 : (tokens[field] ?? 0) / total }} />
        ))}
      </span>
      <span class="token-bar-numbers" aria-hidden="true">
        {BUCKETS.map(({ name, field }) => (
          <span key={name} class={`is-${name}`} title={`${name}: ${atLeast}${tokenText(tokens[field])} tokens`}>
            {tokens[field] === null ? '–' : `${atLeast}${shortCount(tokens[field])}`}
          </span>
        ))}
      </span>
      <span class="visually-hidden">
        {BUCKETS.map(({ name, field }) => `${name} ${atLeast}${tokenText(tokens[field])}`).join(', ')} tokens
      </span>
    </span>
  );
}

/** What the four colours mean. */
export function TokenLegend() {
  return (
    <ul class="legend">
      {BUCKETS.map(({ name, meaning }) => (
        <li key={name} class={`is-${name}`} title={meaning}>
          {name}
        </li>
      ))}
    </ul>
  );
}
