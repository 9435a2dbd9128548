import { createHash, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import { type Caller, isName } from './caller.ts';

/**
 * How the service knows who asks: bearer tokens, a function of yours, or `none` for one person on one machine (the tenant is `local`, and an
 * operator).
 */
export type Auth = 'none' | BearerTokens | Authenticate;

/** Tokens by name. The name stands where a decision is written down; the token nowhere. */
export interface BearerTokens {
  readonly tokens: Readonly<Record<string, BearerToken>>;
}

export interface BearerToken extends Omit<Caller, 'name'> {
  /** What a client sends as `Authorization: Bearer …`: at least 16 characters of RFC 6750, such as `openssl rand -hex 32` makes. */
  readonly token: string;
}

/** Who sent the request; `undefined` for nobody that is known. It is asked before the body is read, and must not read it. */
export type Authenticate = (request: Request) => Caller | undefined | Promise<Caller | undefined>;

const NOBODY_ELSE: Caller = { tenant: 'local', isOperator: true };

/** `auth` as one function. Throws `service/invalid-option` for tokens that cannot work; its message shows none of them. */
export function authenticator(auth: Auth): Authenticate {
  if (auth === 'none') return () => NOBODY_ELSE;
  if (typeof auth === 'function') return async (request) => checkCaller(await auth(request));
  const entries = Object.entries(auth.tokens).map(knownToken);
  const repeated = entries.find(({ hash }, index) => entries.some((one, at) => at < index && one.hash.equals(hash)));
  if (repeated) throw invalidAuth(`The token '${repeated.caller.name}' is another one's`);
  return (request) => findCaller(entries, request.headers.get('authorization'));
}

interface KnownToken {
  readonly hash: Buffer;
  readonly caller: Caller;
}

function knownToken([name, { token, ...caller }]: readonly [string, BearerToken]): KnownToken {
  if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/-]{16,}=*$/.test(token)) {
    throw invalidAuth(`The token '${name}' is none: at least 16 letters, digits or ._~+/- are expected`);
  }
  return { hash: hashOf(token), caller: { ...checkedCaller(caller), name } };
}

/** Takes as long whichever token it is, and whether it is one: hashes are compared to the end, and with each. */
function findCaller(known: readonly KnownToken[], header: string | null): Caller | undefined {
  const [, token = ''] = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '') ?? [];
  const hash = hashOf(token);
  let found: Caller | undefined;
  for (const each of known) if (timingSafeEqual(each.hash, hash)) found = each.caller;
  return found;
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checkCaller(caller: Caller | undefined): Caller | undefined {
  return caller && checkedCaller(caller);
}

function checkedCaller(caller: Caller): Caller {
  if (typeof caller.tenant === 'string' && isName(caller.tenant)) return caller;
  throw invalidAuth(
    `The tenant ${JSON.stringify(caller.tenant)} cannot be a name: letters, digits and ._~- are expected, at most 128`,
  );
}

/** `what` is a sentence without its full stop. */
function invalidAuth(what: string): ServiceError {
  return new ServiceError('service/invalid-option', `${what}.`);
}
