import type { SessionState } from '@reprise/service/client';

const LOOKS: Readonly<Record<SessionState, { readonly name: string; readonly look: string }>> = {
  running: { name: 'running', look: 'is-good' },
  waiting: { name: 'in line', look: '' },
  'waiting-for-approval': { name: 'needs approval', look: 'is-warning' },
  broken: { name: 'broken', look: 'is-danger' },
  idle: { name: 'idle', look: '' },
};

/** What people call the state. */
export function stateName(state: SessionState): string {
  return LOOKS[state].name;
}

/** What a session is doing. */
export function SessionStateBadge({ state }: { readonly state: SessionState }) {
  const { name, look } = LOOKS[state];
  return (
    <span class={`badge ${look}`} title={state === 'broken' ? 'Its last run ended with an error.' : undefined}>
      {name}
    </span>
  );
}
