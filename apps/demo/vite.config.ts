import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Builds the dashboard into static files that the service serves itself, under a policy that lets nothing else in.
export default defineConfig({
  root: folder('src/dashboard'),
  base: '/',
  resolve: { conditions: ['reprise-source', 'browser', 'module', 'import', 'default'] },
  build: {
    outDir: folder('dist/dashboard'),
    emptyOutDir: true,
    target: 'es2023',
    // A data: URL would need a hole in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
