import { createLocalQueue } from '../src/queue/local-queue.ts';
import { runQueueSuite } from './support/run-queue-suite.ts';

runQueueSuite('a line in this process', async () => createLocalQueue());
