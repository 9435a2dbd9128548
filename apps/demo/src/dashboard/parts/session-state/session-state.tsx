import type { SessionState } from '@reprise/service/client';

const LOOKS: Readonly<Record<SessionState, { readonly name: string; readonly look: string }>> = {
  idle: { name: 'idle', look: '' },
  running: { name: 'running', look: 'is-good' },
  waiting: { name: 'in line', look: '' },
  'waiting-for-approval': { name: 'needs approval', look: 'is-warning' },
};

/** What a session is doing. */
export function SessionStateBadge({ state }: { readonly state: SessionState }) {
  const { name, look } = LOOKS[state];
  return <span class={`badge ${look}`}>{name}</span>;
}
