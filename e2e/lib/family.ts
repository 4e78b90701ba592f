// Live proofs that share one agent: each server with a client whose connections are older than the agent and one whose
// connections begin with it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Account,
  Client,
  client,
  type Expected,
  POINTS,
  proved,
  proved_behind,
  settled,
  stop_clients,
  sum_of,
} from './live.ts';
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
  /** `l7_protocol` of what a proxy asks the server behind it. */
  readonly behind?: number;
}

/** What must have come of a server, and of the one behind it. */
const expected_of = ({ port, back_port }: RealServer, accounts: readonly Account[]): Expected[] => {
  const rows = accounts.flatMap((account) => account.rows);
  const front = { port, clients: accounts.flatMap(({ ports }) => ports), n: sum_of(rows) };
  if (back_port === undefined) return [front];
  return [front, { port: back_port, n: sum_of(accounts.flatMap(({ behind }) => behind ?? [])) }];
};

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
    await settled(
      stack,
      servers.flatMap((server, i) => expected_of(server, accounts[i]!)),
    );
  });
  afterAll(async () => {
    await stop_clients();
    await stack.stop();
    for (const server of servers) await server.stop();
    stack.remove();
  });

  describe.each(cases.map((one, i) => ({ ...one, i })))('$title', ({ protocol, others, behind, i }) => {
    it.each(POINTS)('%s', async (point) => {
      const proof = { port: servers[i]!.port, point, protocol, accounts: accounts[i]! };
      await proved(stack, others === undefined ? proof : { ...proof, others });
    });
    if (behind === undefined) return;
    it.each(POINTS)('%s, behind it', async (point) => {
      await proved_behind(stack, { port: servers[i]!.back_port!, point, protocol: behind, accounts: accounts[i]! });
    });
  });

  it('nothing was lost on the way', async () => {
    const drops = Object.entries((await stack.status())?.drops ?? {}).filter(([, n]) => n > 0);
    expect(drops).toEqual([]);
  });
};
