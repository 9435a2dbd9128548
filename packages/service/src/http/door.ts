/**
 * Who may come to a service that asks nobody who they are.
 *
 * D1. Such a service listens on this machine alone.
 * D2. A web page of somebody else's cannot reach it through the browser of whoever works here: not by a name that was made to lead to this
 *     machine, and not by a request that the browser sends before it asks.
 */

import { ServiceError } from '../errors.ts';
import type { Auth } from './auth.ts';

/** Call it before listening. Throws `service/open-door` for a host beyond this machine while `auth` is `none`. */
export function requireDoor(host: string, auth: Auth): void {
  if (auth !== 'none' || isLoopback(host)) return;
  throw new ServiceError(
    'service/open-door',
    `The service would listen on '${host}', beyond this machine, and asks nobody who they are. Give it \`auth\`, or listen on 127.0.0.1.`,
  );
}

/** Why a request may not come in where nobody is asked; `undefined` if it may. */
export function refuseStranger(request: Request, allowedOrigins: readonly string[]): string | undefined {
  const { host, hostname } = new URL(request.url);
  if (!isLoopback(hostname))
    return `The service is asked for as '${hostname}', and without \`auth\` it answers on this machine alone.`;
  const origin = request.headers.get('origin');
  if (origin === null || allowedOrigins.includes(origin)) return undefined;
  return hostOf(origin) === host ? undefined : 'A page of another origin may not ask this service.';
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
