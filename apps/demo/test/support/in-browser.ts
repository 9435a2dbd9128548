import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { describeWithChromium } from '../../../../test/support/chromium.ts';
import { openBrowser, openReader, type Reader } from './browser.ts';
import { type BuiltPage, buildPage, type DashboardService, startDashboardService } from './dashboard-service.ts';
import { FILES } from './moon.ts';

const TIMEOUT_MS = 60_000;

/** What tests in a browser share: one page that was built, one browser, one service. */
export interface InBrowser {
  readonly service: DashboardService;
  /** Where the page was built to. */
  readonly pageFolder: string;
  /** Opens a window for a reader of his own, closed after the test. `baseURL` names another place than the service. */
  read(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Whatever a page complains of that is not expected fails the test: errors, warnings, refusals of the policy, requests to elsewhere. */
  expectComplaint(complaint: string | RegExp): void;
}

/** Describes what readers see in a browser of a service about the moon; skipped, with the reason in the name, where there is no browser. */
export function describeInBrowser(name: string, tests: (shared: InBrowser) => void): void {
  describeWithChromium(name, () => {
    let built: BuiltPage;
    let browser: Browser;
    let service: DashboardService;
    const readers: Reader[] = [];
    const expected: (string | RegExp)[] = [];

    beforeAll(async () => {
      [built, browser] = await Promise.all([buildPage(), openBrowser()]);
      service = await startDashboardService(FILES, built.folder);
    }, TIMEOUT_MS);
    afterEach(async () => {
      service.speak(0);
      const complaints = readers.flatMap((reader) => reader.complaints);
      await Promise.all(readers.splice(0).map(({ page }) => page.context().close()));
      const known = expected.splice(0);
      expect(complaints.filter((complaint) => !known.some((one) => complaint.match(one)))).toEqual([]);
    });
    afterAll(async () => {
      await browser?.close();
      await service?.close();
      built?.remove();
    });

    tests({
      get service() {
        return service;
      },
      get pageFolder() {
        return built.folder;
      },
      async read(path, options = {}) {
        const reader = await openReader(browser, options.baseURL ?? service.url, options);
        readers.push(reader);
        await reader.page.goto(path);
        return reader.page;
      },
      expectComplaint: (complaint) => void expected.push(complaint),
    });
  });
}
