import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { mountDashboard } from '../../src/serve/dashboard.ts';
import { tempFolder } from '../support/temp-folder.ts';

const BUILT = {
  'index.html': '<!doctype html><title>Page</title>',
  'assets/main-1a2b.js': 'run();',
  'icon.svg': '<svg/>',
};
const HTML = { accept: 'text/html,*/*' };

/** The page before a service that answers everything else. */
function served(files: Readonly<Record<string, string>>): Hono {
  const app = new Hono();
  mountDashboard(app, tempFolder(files));
  app.all('*', (c) => c.json({ from: 'service' }));
  return app;
}

describe('the page that is served', () => {
  it.each(['/', '/talk', '/sessions/a.b', '/no-such-view'])('stands at %s', async (path) => {
    const response = await served(BUILT).request(path, { headers: HTML });
    expect([response.status, await response.text()]).toEqual([200, BUILT['index.html']]);
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    ['/v1/sessions', HTML],
    ['/openapi.json', HTML],
    ['/nothing', { accept: 'application/json' }],
  ])('leaves %s to the service', async (path, headers) => {
    expect(await (await served(BUILT).request(path, { headers })).json()).toEqual({ from: 'service' });
  });

  it.each(['/', '/assets/main-1a2b.js', '/icon.svg'])('lets nothing else in: %s', async (path) => {
    const { headers } = await served(BUILT).request(path, { headers: HTML });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(
      ['x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy'].map((name) => headers.get(name)),
    ).toEqual(['nosniff', 'no-referrer', 'same-origin']);
  });

  it('keeps what its name tells for ever, and nothing that is not there', async () => {
    const app = served(BUILT);
    const kept = await app.request('/assets/main-1a2b.js');
    expect([await kept.text(), kept.headers.get('cache-control')]).toEqual([
      'run();',
      'public, max-age=31536000, immutable',
    ]);
    const escaped = await app.request('/assets/%2e%2e/%2e%2e/etc/passwd');
    expect(await escaped.text()).not.toContain('root:');
  });

  it('is the one that was built last, whose files are there', async () => {
    const folder = tempFolder(BUILT);
    const app = new Hono();
    mountDashboard(app, folder);
    await app.request('/', { headers: HTML });
    const html = '<!doctype html><title>New page</title>';
    writeFileSync(join(folder, 'index.html'), html);
    expect(await (await app.request('/', { headers: HTML })).text()).toBe(html);
  });

  it('says so where it is not built, and the service is there', async () => {
    const app = served({});
    const response = await app.request('/', { headers: HTML });
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build')]);
    expect(await (await app.request('/v1/sessions')).json()).toEqual({ from: 'service' });
  });
});
