// Live proofs that share one agent: each server with a client whose connections are older than the agent and one whose
// connections begin with it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, Client, client, POINTS, proved, settled, stop_clients } from './live.ts';
import type { RealServer } from './servers.ts';
import { Stack } from './stack.ts';

export interface Case {
  readonly title: string;
  readonly start: () => Promise<RealServer>;
  /** Program under e2e/clients; called with the server's port, `early` or `new`, and further arguments. */
  readonly client: string;
  readonly args?: readonly string[];
  /** `l7_protocol` of all rows. */
  readonly protocol: number;
  /** Somebody else talks to the server, too. */
  readonly others?: boolean;
}

export const family = (cases: readonly Case[]): void => {
  const stack = new Stack();
  const servers: RealServer[] = [];
  const accounts: Account[][] = [];

  beforeAll(async () => {
    servers.push(...(await Promise.all(cases.map(({ start }) => start()))));
    const ports = servers.map(({ port }) => port);
    const early = cases.map((one, i) => new Client(one.client, ports[i]!, 'early', ...(one.args ?? [])));
    for (const one of early) await one.ready();
    await stack.start();
    await stack.settings({ throttle_rows_s: 1_000_000, redact: false });
    for (const [i, one] of cases.entries()) {
      accounts.push([await early[i]!.go(), await client(one.client, ports[i]!, 'new', ...(one.args ?? []))]);
    }
    await settled(stack, ports, accounts.flat());
  });
  afterAll(async () => {
    await stop_clients();
    await stack.stop();
    for (const server of servers) await server.stop();
    stack.remove();
  });

  describe.each(cases.map((one, i) => ({ ...one, i })))('$title', ({ protocol, others, i }) => {
    it.each(POINTS)('%s', async (point) => {
      const proof = { port: servers[i]!.port, point, protocol, accounts: accounts[i]! };
      await proved(stack, others === undefined ? proof : { ...proof, others });
    });
  });

  it('nothing was lost on the way', async () => {
    const drops = Object.entries((await stack.status())?.drops ?? {}).filter(([, n]) => n > 0);
    expect(drops).toEqual([]);
  });
};
