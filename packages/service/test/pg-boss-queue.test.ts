import { runQueueSuite } from './support/run-queue-suite.ts';
import { tempLine } from './support/temp-line.ts';

runQueueSuite('pg-boss', async () => (await tempLine()).open());
