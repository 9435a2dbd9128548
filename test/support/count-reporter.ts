import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Tells why tests that passed had to be tried again, and ends the output with one plain line, `N passed, N failed[, N skipped]`, for people
 * and scripts that read only the last one.
 */
class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    for (const test of tests.filter((each) => each.diagnostic()?.flaky)) console.log(triedAgain(test));
    // Where a file or what stands before its tests breaks, these are not failed but skipped.
    const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = groups.filter((group) => group.errors().length > 0).length;
    const failed = count('failed') + broken + unhandledErrors.length;
    const skipped = count('skipped');
    console.log(`${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }
}

function triedAgain(test: TestCase): string {
  const lines = (test.result().errors ?? []).flatMap(({ message, stack = message }) => stack.split('\n'));
  const told = lines.filter((line) => !line.includes('node_modules'));
  return [`Passed when it was tried again: ${test.module.relativeModuleId} > ${test.fullName}`, ...told].join('\n');
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter file by its default export.
export default CountReporter;
