import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Hono, MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { secureHeaders } from 'hono/secure-headers';

/** Where Vite leaves the page, seen from the source and from what is compiled of it alike. */
const BUILT = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));

/** What the page may do: speak to the service that it came from, and to nobody else. */
const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

const NOT_BUILT =
  'The page is not built: run `npm run build`, and serve again. The service is there: see /openapi.json.\n';

/**
 * Mounts the page and its files, for whoever asks for them: tokens are asked for where the page asks the service. Addresses of the service
 * are left to what is mounted after it. `folder` is where the page was built to.
 */
export function mountDashboard(app: Hono, folder: string = BUILT): void {
  const file = serveStatic({ root: folder });
  app.use('/assets/*', headers, compress(), keptForEver, file);
  app.use('/icon.svg', headers, file);
  app.get('*', async (c, next) => {
    if (!isPage(c.req.path, c.req.header('accept'))) return next();
    const html = await readPage(folder);
    await headers(c, async () => {
      c.res = html === undefined ? c.text(NOT_BUILT, 503) : c.html(html, 200, { 'Cache-Control': 'no-cache' });
    });
    return c.res;
  });
}

/** The page as it is now: one that is built anew names other files. `undefined` if it is not built. */
function readPage(folder: string): Promise<string | undefined> {
  return readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined);
}

const headers: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: POLICY,
  crossOriginOpenerPolicy: 'same-origin',
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
  // Whether the way here is encrypted is for whatever stands before this to say.
  strictTransportSecurity: false,
});

/** A name among the assets tells its content: it never changes. */
const keptForEver: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.res.ok) c.header('Cache-Control', 'public, max-age=31536000, immutable');
};

/** Every address that a browser is pointed to and that is not the service's: which of them are views, the page knows. */
function isPage(path: string, accept = ''): boolean {
  const isOfService = path.startsWith('/v1/') || path === '/openapi.json';
  return path === '/' || (!isOfService && accept.includes('text/html'));
}
