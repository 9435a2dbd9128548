import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from '../../../../test/support/chromium.ts';

export function openBrowser(): Promise<Browser> {
  return chromium.launch(CHROMIUM);
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
