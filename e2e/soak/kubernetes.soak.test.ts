// Ten minutes of what kubernetes.e2e.test.ts checks in less.
import { it } from 'vitest';
import { expect_true, run_cluster } from '../lib/kube-check.ts';

it('tags stay those of the row’s time, and memory flat', async () => {
  expect_true(await run_cluster(600));
}, 1_800_000);
