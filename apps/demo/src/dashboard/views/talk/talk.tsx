import './talk.css';
import type { AgentListBody, InputBlock } from '@reprise/service/client';
import { useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { SUGGESTIONS } from '../../../serve/trial/suggestions.ts';
import { client } from '../../data/client.ts';
import { sessionAddress } from '../../data/session-address.ts';
import { useResource } from '../../data/use-resource.ts';
import { Composer } from '../../parts/composer/composer.tsx';
import { Failure, Loading } from '../../parts/notice.tsx';

/** Starts a session: who is to answer, and the first message. */
export function Talk() {
  const agents = useResource((signal) => client.value.agents({ signal }), []);
  const [picked, setPicked] = useState<string>();
  const agent = picked ?? agents.value?.find(({ isDefault }) => isDefault)?.name;
  const begin = useBegin(agent);
  if (agents.error) return <Failure isView error={agents.error} onRetry={agents.reload} />;
  if (!agents.value) return <Loading what="the agents" />;
  return (
    <div class="talk">
      <h1>New session</h1>
      <AgentPicker agents={agents.value} picked={agent} onPick={setPicked} />
      <Composer draft="new" suggestions={SUGGESTIONS} onSend={begin} />
      <p class="quiet">
        Enter sends, Shift and Enter break the line. Drop or paste pictures and PDFs, 7 MB each. What the offline
        simulator answers costs nothing, whatever its price says.
      </p>
    </div>
  );
}

/** Sends the first message of a new session and goes there. Tried again after a failure it makes no second session. */
function useBegin(agent: string | undefined): (content: readonly InputBlock[]) => Promise<void> {
  const { route } = useLocation();
  const made = useRef<{ readonly id: string; readonly agent: string | undefined }>(undefined);
  return async (content) => {
    if (!made.current || made.current.agent !== agent) {
      const { id } = await client.value.sessions.create(agent === undefined ? {} : { agent });
      made.current = { id, agent };
    }
    const { id } = made.current;
    await client.value.sessions.send(id, { content });
    route(sessionAddress(id));
  };
}

function AgentPicker({
  agents,
  picked,
  onPick,
}: {
  readonly agents: AgentListBody['items'];
  readonly picked: string | undefined;
  readonly onPick: (name: string) => void;
}) {
  return (
    <fieldset>
      <legend>Who answers</legend>
      {agents.map(({ name, model }) => (
        <label key={name} class="choice">
          <input type="radio" name="agent" value={name} checked={name === picked} onChange={() => onPick(name)} />
          <span>
            {name} {model !== name && <small class="quiet">{model}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
