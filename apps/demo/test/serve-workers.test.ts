import { describe, expect, it } from 'vitest';
import { ask, readRun, startServing } from './support/serving.ts';
import { tempFolder } from './support/temp-folder.ts';

const TIMEOUT = 120_000;
const FILES = { 'a.md': 'The moon is made of stone, and not of cheese as some may say.' };
const QUESTION = 'What is the moon made of?';

describe('serving with several worker processes', { timeout: TIMEOUT }, () => {
  it('has another worker finish the run of one that was killed (N-15)', async () => {
    const demo = await startServing(tempFolder(FILES), ['--workers', '2', '--concurrency', '1']);
    const [, pid] = await demo.said(/Worker 1 \(process (\d+)\) is ready/);
    const responses = await Promise.all(['moon', 'sun'].map((session) => ask(demo.url, session, QUESTION)));
    const [one, other] = responses.map((response) => response.clone());
    // Each worker does one of them, as it does one at once.
    await Promise.all([one, other].map((response) => response && readRun(response, 'tool-end')));
    process.kill(Number(pid), 'SIGKILL');

    const runs = await Promise.all(responses.map((response) => readRun(response)));
    expect(runs.map(({ end }) => end?.['reason'])).toEqual(['end-turn', 'end-turn']);
    expect(runs.filter(({ types }) => types.includes('run-resumed'))).toHaveLength(1);
    for (const { numbers } of runs) expect(numbers).toEqual(numbers.map((_, index) => index + 1));

    await demo.said(new RegExp(`process ${pid}\\) has died: SIGKILL`));
    await demo.said(new RegExp(`Worker 1 \\(process (?!${pid})\\d+\\) is ready`));
    expect(await demo.stop()).toBe(0);
  });

  it('ends its workers when it is killed itself', async () => {
    const demo = await startServing(tempFolder(FILES), ['--workers', '1']);
    const [, pid] = await demo.said(/Worker 1 \(process (\d+)\) is ready/);
    demo.process.kill('SIGKILL');
    await expect.poll(() => isRunning(Number(pid)), { timeout: 30_000 }).toBe(false);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
