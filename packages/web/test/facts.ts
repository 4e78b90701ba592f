// A made-up shop for the page's tests: every call of thirty minutes, so that any number on the page can be counted again.
export interface Fact {
  readonly time: number;
  readonly client: readonly [string, number];
  readonly server: readonly [string, number];
  readonly protocol: number;
  readonly tls: number;
  readonly point: 'c-p' | 's-p';
  readonly endpoint: string;
  readonly resource: string;
  readonly type: string;
  readonly status: number;
  readonly code: number | null;
  readonly rrt: number;
  readonly request: number;
  readonly response: number;
  readonly byte: number;
  readonly new_flow: number;
  readonly establish_fail: number;
}

/** Seeded (mulberry32): the same shop every time. */
export function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PROCESS = 120;
const ADDRESS = 255;
const HTTP = 20;
const REDIS = 80;
const POSTGRESQL = 61;
const DNS = 120;

interface Kind {
  readonly client: readonly [string, number];
  readonly server: readonly [string, number];
  readonly protocol: number;
  readonly tls?: number;
  readonly points: readonly ('c-p' | 's-p')[];
  readonly per_s: number;
  readonly rrt: number;
  readonly errors: number;
  /** Times as slow and as often wrong in the second half. */
  readonly worse?: number;
  readonly calls: readonly (readonly [string, string, string])[];
}

const both = ['c-p', 's-p'] as const;
export const KINDS: readonly Kind[] = [
  {
    client: ['loadgen', PROCESS],
    server: ['gateway', PROCESS],
    protocol: HTTP,
    points: both,
    per_s: 2.2,
    rrt: 14_000,
    errors: 0.03,
    worse: 2,
    calls: [
      ['GET', '/products', '/products?page=?'],
      ['GET', '/products/*', '/products/17'],
      ['POST', '/orders', '/orders'],
    ],
  },
  {
    client: ['gateway', PROCESS],
    server: ['catalogue', PROCESS],
    protocol: HTTP,
    points: both,
    per_s: 1.2,
    rrt: 5_000,
    errors: 0.002,
    calls: [
      ['GET', '/items', '/items'],
      ['GET', '/items/*', '/items/9'],
    ],
  },
  {
    client: ['gateway', PROCESS],
    server: ['orders', PROCESS],
    protocol: HTTP,
    points: both,
    per_s: 0.8,
    rrt: 21_000,
    errors: 0.09,
    worse: 3,
    calls: [
      ['POST', '/orders', '/orders'],
      ['GET', '/orders/*', '/orders/1007'],
    ],
  },
  {
    client: ['gateway', PROCESS],
    server: ['redis-server', PROCESS],
    protocol: REDIS,
    points: both,
    per_s: 2.5,
    rrt: 180,
    errors: 0,
    calls: [
      ['GET', 'GET', 'GET ?'],
      ['SET', 'SET', 'SET ? ?'],
    ],
  },
  {
    client: ['catalogue', PROCESS],
    server: ['postgres', PROCESS],
    protocol: POSTGRESQL,
    points: both,
    per_s: 1.1,
    rrt: 2_400,
    errors: 0.004,
    calls: [['SELECT', 'SELECT items', 'SELECT * FROM items WHERE id = ?']],
  },
  {
    client: ['orders', PROCESS],
    server: ['postgres', PROCESS],
    protocol: POSTGRESQL,
    points: both,
    per_s: 0.7,
    rrt: 6_900,
    errors: 0.02,
    calls: [['INSERT', 'INSERT orders', 'INSERT INTO orders VALUES (?, ?)']],
  },
  {
    client: ['orders', PROCESS],
    server: ['payments.example', ADDRESS],
    protocol: HTTP,
    points: ['c-p'],
    per_s: 0.3,
    rrt: 120_000,
    errors: 0.05,
    calls: [['POST', '/charge', '/charge']],
  },
  {
    client: ['orders', PROCESS],
    server: ['10.0.0.2', ADDRESS],
    protocol: DNS,
    points: ['c-p'],
    per_s: 0.2,
    rrt: 900,
    errors: 0.1,
    calls: [['A', 'payments.example', 'payments.example']],
  },
  {
    client: ['catalogue', PROCESS],
    server: ['Internet', 0],
    protocol: 0,
    tls: 1,
    points: ['c-p'],
    per_s: 0.1,
    rrt: 0,
    errors: 0,
    calls: [['', '', '']],
  },
  {
    client: ['backup', PROCESS],
    server: ['192.168.1.9', ADDRESS],
    protocol: 0,
    points: ['c-p'],
    per_s: 0.05,
    rrt: 0,
    errors: 0,
    calls: [['', '', '']],
  },
];

const SERVER_ERROR = 3;
const CLIENT_ERROR = 4;
const TIMEOUT = 2;

function call(kind: Kind, time: number, late: boolean, next: () => number): Fact[] {
  const harm = late ? (kind.worse ?? 1) : 1;
  const [type, endpoint, resource] = kind.calls[Math.floor(next() * kind.calls.length)] ?? ['', '', ''];
  const failed = next() < kind.errors * harm;
  const status = !failed ? 0 : next() < 0.1 ? TIMEOUT : next() < 0.5 ? CLIENT_ERROR : SERVER_ERROR;
  const rrt = Math.round(kind.rrt * harm * (0.4 + -Math.log(1 - next()) * 0.6));
  const opaque = kind.rrt === 0;
  const code =
    kind.protocol !== HTTP || status === TIMEOUT ? null : status === 0 ? 200 : status === CLIENT_ERROR ? 404 : 500;
  return kind.points.map((point) => ({
    time,
    client: kind.client,
    server: kind.server,
    protocol: kind.protocol,
    tls: kind.tls ?? 0,
    point,
    endpoint,
    resource,
    type,
    status,
    code,
    rrt: opaque || status === TIMEOUT ? 0 : point === 'c-p' ? rrt + 90 : rrt,
    request: opaque ? 0 : 1,
    response: opaque || status === TIMEOUT ? 0 : 1,
    byte: 300 + Math.round(next() * 3000),
    new_flow: opaque || next() < 0.1 ? 1 : 0,
    establish_fail: kind.client[0] === 'backup' && next() < 0.5 ? 1 : 0,
  }));
}

/** Every row of every call in [to - seconds, to); the second half is worse where a kind says so. */
export function shop(to: number, seconds: number, seed = 7): Fact[] {
  const next = random(seed);
  const facts: Fact[] = [];
  for (const kind of KINDS)
    for (let i = 0; i < kind.per_s * seconds; i++) {
      const time = to - seconds + Math.floor(next() * seconds);
      facts.push(...call(kind, time, time >= to - seconds / 2, next));
    }
  return facts.sort((a, b) => a.time - b.time);
}
