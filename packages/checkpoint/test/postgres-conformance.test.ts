import { describeStoreConformance } from '../src/testing/index.ts';
import { postgresPlaces } from './support/postgres-place.ts';

describeStoreConformance('the Postgres store', postgresPlaces('conformance'));
