import { describe } from 'vitest';
import { describeLeaseWatches } from '../src/testing/conformance/lease-watches.ts';
import { describeLifetime } from '../src/testing/conformance/lifetime.ts';
import { describeRunWatches } from '../src/testing/conformance/run-watches.ts';
import { storeSuite } from '../src/testing/conformance/suite.ts';
import { describeStoreConformance } from '../src/testing/index.ts';
import { postgresPlaces } from './support/postgres-place.ts';

describeStoreConformance('the Postgres store', postgresPlaces('conformance', 'shared'));

describe('the Postgres store with connections of its own', { timeout: 30_000 }, () => {
  const suite = storeSuite(postgresPlaces('conformance_own'));
  describe('lifetime', () => describeLifetime(suite));
  describe('watched leases', () => describeLeaseWatches(suite));
  describe('watched runs', () => describeRunWatches(suite));
});
