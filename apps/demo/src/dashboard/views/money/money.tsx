import './money.css';
import type { ServiceClient, StatementBody, StatementGroupBody } from '@reprise/service/client';
import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { client, clientOf } from '../../data/client.ts';
import { sessionAddress } from '../../data/session-address.ts';
import { useResource } from '../../data/use-resource.ts';
import { Empty, Failure, Loading } from '../../parts/notice.tsx';
import { MoneyChart } from './money-chart.tsx';
import { Plans } from './plans/plans.tsx';
import { Reports } from './reports.tsx';
import { readSelection, type SelectedTurns, type Selection, selectedTurns, selectionAddress } from './selection.ts';
import { SelectionForm } from './selection-form.tsx';
import { groupsInOrder, SHOWN_GROUPS } from './statement-rows.ts';
import { StatementTable } from './statement-table.tsx';
import { Totals } from './totals.tsx';

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What the turns of a selection cost, what caching saved of it, and what other plans would have cost. The address says which turns. */
export function Money() {
  const { query, route } = useLocation();
  const address = selectionAddress(readSelection(query));
  const selection = useMemo(() => readSelection(query), [address]);
  const turns = useMemo(() => selectedTurns(selection, Date.now()), [address]);
  const { by, tenant } = selection;
  const service = useMemo(() => (tenant === undefined ? client.value : clientOf(tenant)), [tenant, client.value]);
  const statement = useResource(
    (signal) => service.statement({ by, ...turns, timeZone: ZONE, signal }),
    [service, address],
  );
  const { models: _models, ...anyModel } = turns;
  const models = useResource(
    (signal) => service.statement({ by: 'model', ...anyModel, signal }),
    [service, turns.since, turns.until, selection.session],
  );
  const { value, error } = statement;
  return (
    <div class="money" aria-busy={statement.isLoading}>
      <header class="view-head">
        <h1>Money</h1>
        <SelectionForm
          service={service}
          selection={selection}
          models={models.value?.groups.flatMap(({ key }) => key.model ?? []) ?? []}
          onChange={(next) => route(selectionAddress(next))}
        />
        <Reports service={service} query={{ by, ...turns, timeZone: ZONE }} />
      </header>
      {error && <Failure error={error} onRetry={statement.reload} />}
      {!value && !error && <Loading what="the statement" />}
      {value && !error && value.total.turnCount === 0 && (
        <Empty title="Nothing was spent">
          <p>No turn is in this selection.</p>
          {address !== '/money?range=all' && <a href="/money?range=all">All turns of all time</a>}
        </Empty>
      )}
      {value && !error && value.total.turnCount > 0 && (
        <Statement key={address} statement={value} selection={selection} turns={turns} service={service} />
      )}
    </div>
  );
}

function Statement({
  statement,
  selection,
  turns,
  service,
}: {
  readonly statement: StatementBody;
  readonly selection: Selection;
  readonly turns: SelectedTurns;
  readonly service: ServiceClient;
}) {
  const { session, tenant } = selection;
  // What is shown while something else is loaded is still grouped as it was.
  const by = statement.by.includes(selection.by) ? selection.by : (statement.by[0] ?? 'day');
  const [shown, setShown] = useState(SHOWN_GROUPS);
  const all = useMemo(() => groupsInOrder(statement, by), [statement, by]);
  const groups = useMemo(
    () => all.slice(by === 'day' ? -shown : 0, by === 'day' ? undefined : shown),
    [all, by, shown],
  );
  const plans = useResource((signal) => service.whatIf({ ...turns, signal }), []);
  return (
    <>
      <Totals sums={statement.total} />
      <MoneyChart groups={groups} by={by} />
      <StatementTable groups={groups} by={by} addressOf={(group) => addressOf(group, selection)} />
      {all.length > shown && (
        <button type="button" class="button more" onClick={() => setShown(shown + SHOWN_GROUPS)}>
          Show more: {groups.length} of {all.length} are shown
        </button>
      )}
      <p class="quiet">
        Days are those of {statement.timeZone}. Prices are those of the time each turn was made.{' '}
        {session !== undefined && tenant === undefined && <a href={sessionAddress(session)}>Open the session</a>}
      </p>
      <Plans plans={plans} selectedTurns={statement.total.turnCount} />
    </>
  );
}

/** The selection of a group's own turns; of a session's own, the session. */
function addressOf({ key }: StatementGroupBody, selection: Selection): string | undefined {
  const { by, tenant } = selection;
  const { [by]: value } = key;
  if (value === undefined || value === '') return undefined;
  switch (by) {
    case 'day':
      return selectionAddress({ ...selection, range: 'days', from: value, to: value, by: 'session' });
    case 'model':
      return selectionAddress({ ...selection, model: value, by: 'day' });
    case 'session':
      return tenant === undefined
        ? sessionAddress(value)
        : selectionAddress({ ...selection, session: value, tenant: key.tenant ?? tenant, by: 'day' });
    case 'tenant':
      return tenant === undefined ? undefined : selectionAddress({ ...selection, tenant: value, by: 'day' });
  }
}
