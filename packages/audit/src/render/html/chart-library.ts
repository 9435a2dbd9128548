import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Chart.js as one script for browsers, with its licence. */
export interface ChartLibrary {
  readonly script: string;
  readonly licence: string;
}

const require = createRequire(import.meta.url);

/** Reads the library from where it is installed. */
export function readChartLibrary(): ChartLibrary {
  // The package names its builds for programs only; the one for browsers lies beside them.
  const folder = dirname(require.resolve('chart.js'));
  const script = readFileSync(join(folder, 'chart.umd.min.js'), 'utf8');
  const licence = readFileSync(join(folder, '..', 'LICENSE.md'), 'utf8');
  // A page that is complete has no source map to fetch.
  return { script: script.replace(/^\/\/# sourceMappingURL=.*$/m, '').trimEnd(), licence: licence.trim() };
}
