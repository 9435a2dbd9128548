import { useEffect, useState } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { durationText, moneyText, tokenText } from '../../../data/format.ts';
import { repeatWhileSeen } from '../../../data/pause.ts';
import { useResource } from '../../../data/use-resource.ts';

/** Until when the vendor's cache holds the conversation, counting down, and what that is worth. */
export function WarmClock({ sessionId, turnId }: { readonly sessionId: string; readonly turnId: string }) {
  const warm = useResource((signal) => client.value.sessions.warmUntil(sessionId, { signal }), [sessionId, turnId]);
  const [now, setNow] = useState(Date.now());
  useEffect(() => repeatWhileSeen(() => setNow(Date.now()), 1000), []);
  if (warm.error) return <p class="quiet">How long it stays warm is not known: {warm.error.message}</p>;
  if (!warm.value) return null;
  const { breakpoints, nextMessage, keepAlive } = warm.value;
  return (
    <div>
      <h3>Warm until</h3>
      <ul>
        {breakpoints.map(({ place, tokens, lifetime, expiresAt, assumedUntil }) => (
          <li key={place}>
            <code>{place}</code> {tokenText(Math.round(tokens))} tokens, {lifetime}:{' '}
            <strong>{leftText(expiresAt, assumedUntil, now)}</strong>
          </li>
        ))}
      </ul>
      <p>
        The next message costs {moneyText(nextMessage.warm.picoUsd)} while it is warm and{' '}
        {moneyText(nextMessage.cold.picoUsd)} after.{' '}
        {keepAlive.pays
          ? `Keeping it alive pays: ${keepAlive.refreshes} times, each ${moneyText(keepAlive.costPerRefreshPicoUsd)}.`
          : 'Keeping it alive does not pay.'}
      </p>
    </div>
  );
}

function leftText(
  expiresAt: number | 'not-kept' | 'not-told',
  assumedUntil: number | null | undefined,
  now: number,
): string {
  if (expiresAt === 'not-kept') return 'not kept';
  const until = expiresAt === 'not-told' ? assumedUntil : expiresAt;
  if (typeof until !== 'number') return 'the vendor does not tell';
  const left = until - now;
  const words = left > 0 ? `${durationText(left)} left` : 'cold';
  return expiresAt === 'not-told' ? `${words}, as far as is known` : words;
}
