import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { asError } from './data/as-error.ts';
import { needsToken } from './data/client.ts';
import { keepCounting, sessionCounts } from './data/session-counts.ts';
import { Failure } from './parts/notice.tsx';
import { ThemeSwitch } from './parts/theme-switch.tsx';
import { UnreachableNotice } from './parts/unreachable/unreachable-notice.tsx';
import { NotFound } from './views/not-found.tsx';
import { TokenForm } from './views/token-form.tsx';

const Approvals = view(() => import('./views/approvals/approvals.tsx').then((module) => module.Approvals));
const Money = view(() => import('./views/money/money.tsx').then((module) => module.Money));
const SessionView = view(() => import('./views/session/session-view.tsx').then((module) => module.SessionView));
const Sessions = view(() => import('./views/sessions/sessions.tsx').then((module) => module.Sessions));
const Talk = view(() => import('./views/talk/talk.tsx').then((module) => module.Talk));

/**
 * A view that is loaded when it is first shown. One that cannot be, as without a network or after the page was built anew, says so: a browser
 * does not load it again before the page.
 */
function view<Props>(load: () => Promise<FunctionComponent<Props>>): FunctionComponent<Props> {
  return lazy(() =>
    load().catch(
      (reason: unknown): FunctionComponent<Props> =>
        () => <Failure error={asError(reason)} isView onRetry={() => location.reload()} />,
    ),
  );
}

const PLACES = [
  { path: '/', name: 'Sessions' },
  { path: '/talk', name: 'Talk' },
  { path: '/approvals', name: 'Approvals' },
  { path: '/money', name: 'Money' },
] as const;

/** The page: its places, and the view of the one that the address names. */
export function App() {
  return (
    <LocationProvider>
      <a class="skip" href="#view">
        Skip to content
      </a>
      <div class="frame">
        <Places />
        <UnreachableNotice />
        <main class="view" id="view" tabIndex={-1}>
          {needsToken.value ? <TokenForm /> : <Views />}
        </main>
      </div>
    </LocationProvider>
  );
}

function Views() {
  return (
    <ErrorBoundary>
      <Router>
        <Route path="/" component={Sessions} />
        <Route path="/sessions/:id" component={SessionView} />
        <Route path="/talk" component={Talk} />
        <Route path="/approvals" component={Approvals} />
        <Route path="/money" component={Money} />
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  );
}

function Places() {
  const { path } = useLocation();
  const isHere = (place: string) => path === place || (place === '/' && path.startsWith('/sessions/'));
  return (
    <nav class="places" aria-label="Places">
      <span class="brand">Reprise</span>
      {PLACES.map((place) => (
        <a key={place.path} href={place.path} aria-current={isHere(place.path) ? 'page' : undefined}>
          {place.name}
          {place.path === '/approvals' && !needsToken.value && <WaitingCount />}
        </a>
      ))}
      <ThemeSwitch />
    </nav>
  );
}

/** How many sessions wait for an approval, if any do. */
function WaitingCount() {
  useEffect(keepCounting, []);
  const value = sessionCounts.value?.['waiting-for-approval'] ?? 0;
  if (value === 0) return null;
  return (
    <>
      {' '}
      <span class="badge is-warning">
        {value}
        <span class="visually-hidden"> waiting</span>
      </span>
    </>
  );
}
