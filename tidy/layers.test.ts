// Which way imports may point (ARCHITECTURE.md, "Invariants").
import { describe, expect, it } from 'vitest';
import { imports_of, source_files } from './sources.ts';

interface Edge {
  from: string;
  to: string;
}
const edges: Edge[] = source_files.flatMap((from) => imports_of(from).map((to) => ({ from, to })));
const in_package = (name: string): Edge[] => edges.filter(({ from }) => from.startsWith(`packages/${name}/`));
const show = ({ from, to }: Edge): string => `${from} imports ${to}`;
const leaves = (name: string, to: string): boolean => to.startsWith('packages/') && !to.startsWith(`packages/${name}/`);

describe('packages', () => {
  const ALLOWED: Readonly<Record<string, RegExp>> = {
    protocols: /^node:(buffer|zlib)$/,
    records: /^@sonde\/protocols(\/cards)?$|^node:/,
    agent: /^@sonde\/(protocols|records)(\/.*)?$|^node:|^[a-z]/,
    server: /^@sonde\/(protocols\/cards|records)(\/.*)?$|^node:|^@fastify\/|^@clickhouse\/|^@aws-sdk\/|^[a-z]/,
    web: /^@sonde\/(protocols\/cards|records)$|^@?(react|uplot|xyflow|elkjs|tanstack)/,
  };
  it.each(Object.keys(ALLOWED))('%s imports only what it may', (name) => {
    const wrong = in_package(name).filter(({ to }) =>
      to.startsWith('packages/') ? leaves(name, to) : !ALLOWED[name]!.test(to),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it('every package has code', () => {
    for (const name of Object.keys(ALLOWED)) expect(in_package(name).length).toBeGreaterThan(0);
  });
});

describe('stages', () => {
  /** Contracts between stages: files directly in src/, and these. */
  const CONTRACTS = new Set(['packages/agent/src/capture/event.ts', 'packages/server/src/store/store.ts']);
  /** Composition roots: they alone know several stages. */
  const ROOTS =
    /^packages\/(agent|server)\/src\/(main|pipeline|config|index)\.ts$|^packages\/(agent|server)\/src\/cli\//;
  /** kernel/ is a library under capture/ebpf and profile (FFI and probes), not a stage. */
  const LIBRARIES: readonly [RegExp, RegExp][] = [
    [/^packages\/agent\/src\/(?:capture\/ebpf|profile)\//, /^packages\/agent\/src\/kernel\//],
    [/^packages\/server\/src\/(?!cli)/, /^packages\/server\/src\/store\/error\.ts$/],
    [/^packages\/server\/src\/(?:receive|query)\//, /^packages\/server\/src\/formats\//],
  ];
  const stage_of = (path: string): string | undefined => /^packages\/(?:agent|server)\/src\/([^/]+)\//.exec(path)?.[1];

  it('a stage imports no other stage', () => {
    const wrong = edges.filter(({ from, to }) => {
      const [a, b] = [stage_of(from), stage_of(to)];
      if (ROOTS.test(from) || a === undefined || b === undefined || a === b || CONTRACTS.has(to)) return false;
      return !LIBRARIES.some(([library_user, library]) => library_user.test(from) && library.test(to));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('nothing but main.ts and command lines imports a composition root', () => {
    const wrong = edges.filter(({ from, to }) => /\/src\/(main|pipeline)\.ts$/.test(to) && !ROOTS.test(from));
    expect(wrong.map(show)).toEqual([]);
  });
});

describe('folders', () => {
  /** Protocols that exist only inside another: the carrier tells them apart by their cards. */
  const CARRIED: Readonly<Record<string, readonly string[]>> = { http1: ['grpc'], http2: ['grpc', 'triple'] };

  it('a protocol imports no other protocol', () => {
    const folder = (path: string): string | undefined => /^packages\/protocols\/src\/([^/]+)\//.exec(path)?.[1];
    const protocols = new Set(source_files.filter((path) => path.endsWith('/card.ts')).map(folder));
    const wrong = edges.filter(({ from, to }) => {
      const [a, b] = [folder(from), folder(to)];
      return protocols.has(a) && protocols.has(b) && a !== b && !(CARRIED[a!] ?? []).includes(b!);
    });
    expect(protocols.size).toBeGreaterThanOrEqual(5);
    expect(wrong.map(show)).toEqual([]);
  });

  it('widgets of the page know no domain word', () => {
    const wrong = edges.filter(
      ({ from, to }) =>
        from.startsWith('packages/web/src/widgets/') &&
        (/^@sonde\//.test(to) || /\/web\/src\/(views|model|api)\//.test(to)),
    );
    expect(wrong.map(show)).toEqual([]);
  });
});
