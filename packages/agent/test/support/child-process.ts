import { processesBeside } from '../../../../test/support/child-process.ts';

export type { Child } from '../../../../test/support/child-process.ts';
export const { startProcess, spawnProcess } = processesBeside(import.meta.url);
