import { join } from 'node:path';
import { expect, test } from 'vitest';
import { providerPage } from './support/provider-page.ts';

const PAGE = join(import.meta.dirname, '../../../docs/providers.md');

test('the page of the providers says what the profiles say; `vitest -u` writes it anew (B-12)', async () => {
  await expect(providerPage()).toMatchFileSnapshot(PAGE);
});
