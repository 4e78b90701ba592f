// Test projects, fastest first. `./sonde test` runs them one after another and adds up what they report;
// `npx vitest run packages/x` still works for one folder.
import { defineConfig } from 'vitest/config';

const SLOW = ['**/*.kernel.test.ts', '**/*.store.test.ts', '**/*.browser.test.ts', '**/*.e2e.test.ts'];
/** Long runs (`./sonde soak`) take as long as they take. */
const LONGER = process.env.SONDE_SOAK === '1' ? 30 : 1;
const EXCLUDE = ['**/node_modules/**', '**/dist/**', 'build/**'];

/** Of the server, what needs no store: beside all else. */
const STORELESS = ['packages/server/src/controller/sources/**/*.test.ts', 'packages/server/src/formats/**/*.test.ts'];

/** A project whose files run one at a time: each needs the kernel's programs, a store or a browser for itself. */
const serial = (name: string, include: string[], timeout_ms: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude: [...EXCLUDE, ...exclude],
    fileParallelism: false,
    testTimeout: timeout_ms * LONGER,
    hookTimeout: timeout_ms * LONGER,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    pool: 'forks',
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'fast',
          include: [
            'packages/{protocols,records,agent,web}/**/*.test.{ts,tsx}',
            ...STORELESS,
            'launcher/**/*.test.ts',
            'tidy/**/*.test.ts',
          ],
          exclude: [...EXCLUDE, ...SLOW],
          testTimeout: 60_000 * LONGER,
        },
      },
      serial('store', ['packages/server/**/*.test.ts'], 120_000, [
        ...SLOW.slice(2),
        '**/*.kernel.test.ts',
        ...STORELESS,
      ]),
      serial('kernel', ['packages/**/*.kernel.test.ts'], 180_000),
      serial('browser', ['packages/**/*.browser.test.ts', 'e2e/*.browser.test.ts'], 180_000),
      serial('e2e', ['e2e/**/*.e2e.test.ts'], 600_000),
      serial('soak', ['e2e/soak/*.soak.test.ts'], 600_000),
    ],
  },
});
