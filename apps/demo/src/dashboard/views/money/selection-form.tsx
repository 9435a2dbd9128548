import type { ServiceClient } from '@reprise/service/client';
import { client, clientOf } from '../../data/client.ts';
import { useResource } from '../../data/use-resource.ts';
import { Choice } from './choice.tsx';
import { KEYS, RANGES, type Selection } from './selection.ts';
import { SessionChoice } from './session-choice.tsx';

const EVERY_TENANT = '*';

/** What is looked at: each change shows at once, and stands in the address. */
export function SelectionForm({
  service,
  selection,
  models,
  onChange,
}: {
  readonly service: ServiceClient;
  readonly selection: Selection;
  /** The models that there are turns of. */
  readonly models: readonly string[];
  readonly onChange: (selection: Selection) => void;
}) {
  const { by, range, model = '', session, tenant } = selection;
  const offered = [...new Set([...(model === '' ? [] : [model]), ...models])].toSorted();
  const { model: _model, session: _session, ...rest } = selection;
  return (
    <fieldset class="selection">
      <legend class="visually-hidden">Selection</legend>
      <Choice
        name="By"
        value={by}
        values={KEYS.map((key) => [key, key])}
        onPick={(next) => onChange({ ...selection, by: next })}
      />
      <Choice name="Time" value={range} values={RANGES} onPick={(next) => onChange({ ...selection, range: next })} />
      {range === 'days' && <Days selection={selection} onChange={onChange} />}
      <Choice
        name="Model"
        value={model}
        values={[['', 'all'], ...offered.map((each) => [each, each] as const)]}
        onPick={(next) => onChange({ ...rest, ...(session ? { session } : {}), ...(next ? { model: next } : {}) })}
      />
      {tenant !== EVERY_TENANT && (
        <SessionChoice
          service={service}
          session={session}
          onPick={(next) => onChange({ ...rest, ...(model ? { model } : {}), ...(next ? { session: next } : {}) })}
        />
      )}
      <TenantChoice selection={selection} onChange={onChange} />
    </fieldset>
  );
}

interface PartProps {
  readonly selection: Selection;
  readonly onChange: (selection: Selection) => void;
}

function Days({ selection, onChange }: PartProps) {
  const { from: _from, to: _to, ...rest } = selection;
  const day = (name: 'from' | 'to', shown: string) => (
    <label class="field">
      {shown}
      <input
        type="date"
        value={selection[name] ?? ''}
        onChange={({ currentTarget: { value } }) => {
          const days = { from: selection.from, to: selection.to, [name]: value };
          onChange({ ...rest, ...(days.from ? { from: days.from } : {}), ...(days.to ? { to: days.to } : {}) });
        }}
      />
    </label>
  );
  return (
    <>
      {day('from', 'From')}
      {day('to', 'To')}
    </>
  );
}

/** Operators alone see others' turns, and are offered them. */
function TenantChoice({ selection, onChange }: PartProps) {
  const { value } = useResource(readTenants, [client.value]);
  if (!value?.isOperator) return null;
  const { tenant = '', session: _session, ...rest } = selection;
  const others = [...new Set([...value.others, ...(tenant === '' || tenant === EVERY_TENANT ? [] : [tenant])])];
  return (
    <Choice
      name="Tenant"
      value={tenant}
      values={[['', `${value.own} (own)`], [EVERY_TENANT, 'all'], ...others.map((each) => [each, each] as const)]}
      onPick={(next) => onChange({ ...rest, ...(next ? { tenant: next } : {}) })}
    />
  );
}

async function readTenants(signal: AbortSignal) {
  const { tenant: own, isOperator } = await client.value.caller({ signal });
  if (!isOperator) return { own, isOperator, others: [] };
  const { groups } = await clientOf(EVERY_TENANT).statement({ by: 'tenant', signal });
  const others = groups.map(({ key }) => key.tenant ?? '').filter((each) => each !== '' && each !== own);
  return { own, isOperator, others };
}
