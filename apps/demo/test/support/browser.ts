import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const EXECUTABLE = process.env['REPRISE_CHROMIUM'] ?? '/usr/bin/chromium';

/** Why tests that need a browser are skipped; `undefined` where they run. `REPRISE_REQUIRE_CHROMIUM=1` makes them run and fail instead. */
export const NO_BROWSER: string | undefined =
  existsSync(EXECUTABLE) || process.env['REPRISE_REQUIRE_CHROMIUM'] === '1'
    ? undefined
    : `there is no Chromium at ${EXECUTABLE}; REPRISE_CHROMIUM names another`;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A window with one page, of a reader of his own. */
export interface Reader {
  readonly page: Page;
  /** Errors that the page or its policy has told, and requests to anywhere else than where it came from. */
  readonly complaints: readonly string[];
}

export async function openReader(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Reader> {
  const context = await browser.newContext({ baseURL: url, locale: 'en-US', timezoneId: 'Europe/Berlin', ...options });
  const page = await context.newPage();
  return { page, complaints: complaintsOf(page, url) };
}

/** What goes wrong on a page from now on. */
function complaintsOf(page: Page, url: string): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
      complaints.push(`asked ${request.url()}`);
  });
  return complaints;
}
