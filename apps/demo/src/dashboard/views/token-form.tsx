import { useState } from 'preact/hooks';
import { hasToken, takeToken } from '../data/client.ts';

/** Asks who is there, when the service wants to know. */
export function TokenForm() {
  const [token, setToken] = useState('');
  return (
    <form
      class="notice"
      onSubmit={(event) => {
        event.preventDefault();
        takeToken(token.trim());
      }}
    >
      <h1>Who is there?</h1>
      <p>This service asks for a token. It is kept until you close the tab, and sent to this service alone.</p>
      {hasToken.value && <p role="alert">Nobody is known by the token that was given; it may have expired.</p>}
      <label class="field">
        Token
        <input
          type="password"
          autocomplete="current-password"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button is-primary">
        Go on
      </button>
    </form>
  );
}
