import { inject } from 'vitest';

/** The URL of a PostgreSQL for tests: the one `REPRISE_POSTGRES_URL` names, or else one that is started for this run of tests. */
export async function postgresUrl(): Promise<string> {
  const response = await fetch(inject('postgresDesk'));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
