import './talk.css';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { client } from '../../data/client.ts';
import { useResource } from '../../data/use-resource.ts';
import { Composer } from '../../parts/composer/composer.tsx';
import { Failure, Loading } from '../../parts/notice.tsx';

/** Starts a session: who is to answer, and the first message. */
export function Talk() {
  const { route } = useLocation();
  const agents = useResource((signal) => client.value.agents({ signal }), []);
  const [picked, setPicked] = useState<string>();
  const agent = picked ?? agents.value?.find(({ isDefault }) => isDefault)?.name;
  if (agents.error) return <Failure isView error={agents.error} onRetry={agents.reload} />;
  if (!agents.value) return <Loading what="the agents" />;
  return (
    <div class="talk">
      <h1>New session</h1>
      <fieldset>
        <legend>Who answers</legend>
        {agents.value.map(({ name }) => (
          <label key={name} class="choice">
            <input type="radio" name="agent" value={name} checked={name === agent} onChange={() => setPicked(name)} />
            {name}
          </label>
        ))}
      </fieldset>
      <Composer
        draft="new"
        onSend={async (content) => {
          const session = await client.value.sessions.create(agent === undefined ? {} : { agent });
          await client.value.sessions.send(session.id, { content });
          route(`/sessions/${encodeURIComponent(session.id)}`);
        }}
      />
      <p class="quiet">
        Enter sends, Shift and Enter break the line. Drop or paste pictures and PDFs. The offline simulator costs
        nothing.
      </p>
    </div>
  );
}
