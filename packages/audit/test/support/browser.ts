import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from '../../../../test/support/chromium.ts';

export function openBrowser(): Promise<Browser> {
  return chromium.launch(CHROMIUM);
}

export interface OpenedPage {
  readonly page: Page;
  /** What its console said, its errors among it, and what it asked the network for. */
  readonly complaints: readonly string[];
}

/** Opens a file as a reader would, in a window of its own. */
export async function openPage(browser: Browser, path: string): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== `file://${path}`) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(`file://${path}`);
  return { page, complaints };
}

/** The path of a file that a CI run keeps. */
export function artefact(name: string): string {
  const folder = fileURLToPath(new URL('../../../../artefacts/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  return `${folder}${name}`;
}
