import type { SessionId } from '@reprise/checkpoint';
import { NAME } from './schemas/fields.ts';

/** Who asks. */
export interface Caller {
  /** Whose sessions these are: letters, digits and `._~-`, at most 128. No other tenant's are ever seen. */
  readonly tenant: string;
  /** May read the sessions of every tenant, by `?tenant=`. Default false. */
  readonly isOperator?: boolean | undefined;
  /** What the caller is called where a decision is written down, such as the name of the token. Never the token. */
  readonly name?: string | undefined;
}

/** What stands for all tenants, where an operator may ask for them. */
export const EVERY_TENANT = '*';

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** A session's id in the store: neither a tenant nor an id has a slash, so that no two tenants share one. */
export function storedSessionId(tenant: string, id: string): SessionId {
  return `${tenant}/${id}`;
}

/** What the ids of a tenant's sessions begin with; `undefined` for every tenant's. */
export function sessionPrefix(tenant: string): string | undefined {
  return tenant === EVERY_TENANT ? undefined : `${tenant}/`;
}

/** The tenant of a stored session; empty for one that no service made. */
export function tenantOf(sessionId: SessionId): string {
  return sessionId.slice(0, Math.max(sessionId.indexOf('/'), 0));
}
