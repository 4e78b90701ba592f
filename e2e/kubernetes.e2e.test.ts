// The server, agents behind the kernel, and a cluster of 5,000 pods with 60 labels each, of which 50 a second are replaced.
import { it } from 'vitest';
import { expect_true, run_cluster } from './lib/kube-check.ts';

const SECONDS = 120;

it('tags are those of the row’s time: of near ends always, of far ends always or marked', async () => {
  expect_true(await run_cluster(SECONDS));
}, 300_000);
