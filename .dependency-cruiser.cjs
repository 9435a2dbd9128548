// The arrows of ARCHITECTURE.md as rules. `pnpm arrows` fails on an import that goes against one.

const packageArrows = {
  providers: [],
  checkpoint: [],
  agent: ['providers', 'checkpoint'],
  audit: ['providers', 'checkpoint'],
  simulator: ['providers'],
  'local-postgres': [],
  service: ['agent', 'audit', 'checkpoint', 'providers'],
};

const mayOnlyImport = ([name, allowed]) => ({
  name: `${name}-imports-${allowed.length > 0 ? `only-${allowed.join('-and-')}` : 'nothing-of-ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src` },
  to: { path: '^(packages|apps)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    ...Object.entries(packageArrows).map(mayOnlyImport),
    {
      name: 'packages-never-import-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'packages-meet-at-their-front-door',
      comment: 'Another package is imported through what its package.json exports, never by path into src/.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: [
          '^packages/[^/]+/src/((cassette|client|mcp|opentelemetry|queue/pg-boss|testing)/)?index\\.ts$',
          '^$1/$2/',
        ],
      },
    },
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^packages/providers/src/(anthropic|openai|ollama)/' },
      to: { path: '^packages/providers/src/(anthropic|openai|ollama)/', pathNot: '^packages/providers/src/$1/' },
    },
    {
      name: 'vocabulary-imports-only-vocabulary',
      severity: 'error',
      from: {
        path: '^packages/providers/src/([^/]+\\.ts|cache/|price/)',
        pathNot: '^packages/providers/src/(index|resolve-model|read-billing)\\.ts$',
      },
      to: { path: '^packages/providers/src/(anthropic|openai|ollama|transport|cassette|media|testing)/' },
    },
    {
      name: 'recorders-do-not-drive',
      severity: 'error',
      from: { path: '^packages/agent/src/(session|context)/' },
      to: { path: '^packages/agent/src/(agent|run|turn)\\.ts$' },
    },
    {
      name: 'what-views-share-knows-no-view',
      severity: 'error',
      from: { path: '^apps/demo/src/dashboard/(data|parts)/' },
      to: { path: '^apps/demo/src/dashboard/views/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['(^|/)dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['reprise-source', 'import', 'types', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
