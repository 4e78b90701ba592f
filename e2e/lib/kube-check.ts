// Runs calls in a churning cluster for a while and compares every stored row with the truth.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { FakeApiServer } from '../../packages/server/src/testing/kubernetes/api-server.ts';
import { SimulatedAgent, type TrueCall } from './kube-agents.ts';
import { type TruePod, World } from './kube-world.ts';
import { free_port, until } from './process.ts';
import { Stack } from './stack.ts';

const SIZE = { namespaces: 20, nodes: 6, workloads: 250, pods: 5000 };
const CHURN_S = 50;
const CALLS_S = 500;
const RELABEL_S = 2;
const TICK_MS = 20;
const DOUBTFUL = 128;
/** From the last page of a new list until it is told. */
const TOLD_MS = 2000;

export interface Outcome {
  readonly rows: number;
  readonly local: { readonly exact: number; readonly doubtful: number };
  readonly remote: { readonly exact: number; readonly doubtful: number; readonly doubtful_right: number };
  /** The first of what is wrong. */
  readonly wrong: readonly string[];
  readonly wrong_count: number;
  /** Rows of pods that lived only in the gap before a new list. */
  readonly unheard: number;
  readonly churned: number;
  readonly relabelled: number;
  readonly reused: number;
  /** From the first call of a new pod until a query by its name finds it. */
  readonly visible_ms: number;
  /** Bytes of the server's own memory, once a second: what it mapped of files, and may be taken back, is left out. */
  readonly memory: readonly number[];
  readonly events: number;
  readonly waited_here: number;
  readonly drops: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

export async function run_cluster(seconds: number): Promise<Outcome> {
  const run = new Run(seconds);
  try {
    return await run.go();
  } finally {
    await run.stop();
  }
}

const MIB = 2 ** 20;
/** What went is remembered for five minutes; caches and heap are warm earlier. */
const WARM_S = 300;
/**
 * What own memory may grow by from then on: names of what went, which rows still show (300 entities a second, some 400 bytes each and
 * once more while dictionaries are reloaded), and what heap and engine come and go by.
 */
const GROWTH_BYTES_MAX = 96 * MIB;

/** What must be true of every run. */
export function expect_true(got: Outcome): void {
  const { memory, ...shown } = got;
  const warm_s = Math.min(WARM_S, memory.length >> 2);
  const early = median(memory.slice(warm_s, warm_s + (memory.length >> 3)));
  const late = median(memory.slice(-(memory.length / 5)));
  const minutes = memory.filter((_, i) => i % 30 === 15).map((bytes) => Math.round(bytes / MIB));
  console.log(
    JSON.stringify({ ...shown, early_mib: early / MIB, late_mib: late / MIB, each_half_minute_mib: minutes }),
  );
  expect(got.wrong).toEqual([]);
  expect(got.wrong_count).toBe(0);
  expect(got.rows).toBeGreaterThan(got.churned * 10);
  // Addresses were handed on all the time, and most rows are certain all the same.
  expect(got.reused).toBeGreaterThan(got.churned / 2);
  expect(got.relabelled).toBeGreaterThan(0);
  expect(got.local.doubtful).toBeLessThan(got.local.exact * 0.15);
  expect(got.remote.doubtful).toBeLessThan(got.remote.exact * 0.25);
  expect(got.visible_ms).toBeLessThan(10_000);
  expect(got.events).toBeGreaterThan(got.churned);
  expect(got.waited_here).toBeLessThan(got.rows / 100);
  expect([got.drops, got.problems]).toEqual([{}, []]);
  expect(late - early).toBeLessThan(GROWTH_BYTES_MAX);
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

class Run {
  private readonly seconds: number;
  private readonly api = new FakeApiServer();
  private readonly folder = mkdtempSync(join(tmpdir(), 'sonde-kube-'));
  private readonly stack = new Stack();
  private readonly calls: TrueCall[] = [];
  private readonly memory: number[] = [];
  private world: World | undefined;
  private agents: SimulatedAgent[] = [];
  private readonly cuts: number[] = [];
  private visible_ms = Number.NaN;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  async go(): Promise<Outcome> {
    const { stack } = this;
    const world = new World(this.api, SIZE);
    this.world = world;
    await this.connect();
    await until('the cluster is read', async () => {
      const rows = await stack.rows('SELECT 1 FROM l7_flow_log LIMIT 1', 'flow_log').catch(() => undefined);
      const status = await stack.status();
      return rows !== undefined && status?.server.problems.length === 0 && this.api.counts.watches >= 13
        ? true
        : undefined;
    });
    // A moment for what was listed to be called current.
    await sleep(2000);
    this.agents = world.nodes.map((node) => new SimulatedAgent(stack.url, node));
    await until(
      'agents hold rows back',
      async () => this.agents.every(({ outbox }) => outbox.hold_ms > 0) || undefined,
    );
    await this.live(world);
    await Promise.all(this.agents.map((agent) => agent.stop()));
    return this.judge(world);
  }

  async stop(): Promise<void> {
    this.world?.stop();
    await this.stack.stop();
    this.stack.remove();
    await this.api.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A kubeconfig, and the file of sources in the server's data folder. */
  private async connect(): Promise<void> {
    const server = await this.api.listen();
    const ca = Buffer.from(this.api.certificates.ca).toString('base64');
    const kubeconfig = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { token: this.api.token } }],
    };
    mkdirSync(this.stack.server_data, { recursive: true });
    const path = join(this.folder, 'kubeconfig');
    writeFileSync(path, JSON.stringify(kubeconfig));
    writeFileSync(join(this.stack.server_data, 'sources.yaml'), `kubernetes: [{name: prod, kubeconfig: ${path}}]\n`);
    this.stack.port = await free_port();
    await this.stack.start_server();
  }

  private async live(world: World): Promise<void> {
    const began = Date.now();
    const done = { churn: 0, calls: 0, relabel: 0, seconds: 0 };
    let looking: Promise<void> | undefined;
    for (let at_s = 0; at_s < this.seconds; at_s = (Date.now() - began) / 1000) {
      for (; done.churn < at_s * CHURN_S; done.churn++) world.churn();
      for (; done.relabel < at_s * RELABEL_S; done.relabel++) world.relabel();
      for (; done.calls < at_s * CALLS_S; done.calls++) this.call(world);
      for (; done.seconds < at_s; done.seconds++) this.measure();
      // Watches break at a third of the time, and their versions are gone at half of it.
      if (this.cuts.length < Math.floor(at_s / (this.seconds / 3))) {
        this.cuts.push(Date.now());
        this.api.cut_watches(this.cuts.length === 2);
      }
      if (at_s > this.seconds / 4) looking ??= this.look_for_new(world);
      await sleep(TICK_MS);
    }
    await looking;
  }

  private call(world: World): void {
    const [client, server] = [world.any(), world.any()];
    const end_us = Date.now() * 1000 + Math.floor(Math.random() * 1000);
    const start_us = end_us - Math.floor(Math.random() * 5000);
    // Both were there for all of it; a pod does not call itself here.
    if (client === server || Math.max(client.from_ms, server.from_ms) * 1000 > start_us) return;
    const port = Math.random() < 0.3 ? 9090 : 8080;
    const call = { client, server, port, start_us, end_us };
    this.calls.push(call);
    this.agent(client).saw(call, this.calls.length * 2, 0);
    this.agent(server).saw(call, this.calls.length * 2 + 1, 1);
  }

  private agent(pod: TruePod): SimulatedAgent {
    return this.agents[this.world!.nodes.indexOf(pod.node)]!;
  }

  private measure(): void {
    const of_server = readFileSync(`/proc/${this.stack.server!.pid}/smaps_rollup`, 'utf8');
    this.memory.push(Number(/^Pss_Anon:\s+(\d+)/m.exec(of_server)![1]) * 1024);
  }

  /** How long until a pod that has just begun is found by its name. */
  private async look_for_new(world: World): Promise<void> {
    const pod = world.alive.at(-1)!;
    const other = world.alive[0]!;
    const now = Date.now() * 1000;
    const call = { client: other, server: pod, port: 8080, start_us: now - 1, end_us: now };
    this.calls.push(call);
    this.agent(pod).saw(call, this.calls.length * 2 + 1, 1);
    await until('the new pod is found by name', async () => {
      const sql = `SELECT pod_1 FROM l7_flow_log WHERE pod_1 = '${pod.name}' LIMIT 1`;
      return (await this.stack.rows(sql, 'flow_log')).length > 0 || undefined;
    });
    this.visible_ms = Date.now() - now / 1000;
  }

  private async judge(world: World): Promise<Outcome> {
    const { stack } = this;
    const judge = new Judge(await Tags.read(stack), this.calls, this.cuts, this.api.listed_ms.get('/api/v1/pods') ?? 0);
    let after = 0;
    let rows = 0;
    for (;;) {
      const page = await raw(
        stack,
        `SELECT flow_id, entity_id_0, entity_id_1 FROM flow_log.l7_flow_log WHERE flow_id > ${after} ORDER BY flow_id LIMIT 50000`,
      );
      for (const [flow, client, server] of page) judge.row(Number(flow), Number(client), Number(server));
      rows += page.length;
      if (page.length < 50_000) break;
      after = Number(page.at(-1)![0]);
    }
    const [[events]] = (await raw(stack, 'SELECT count() FROM event.event')) as [[string]];
    const stats = await raw(
      stack,
      `SELECT max(metrics_float_values[indexOf(metrics_float_names, 'waited')]) FROM deepflow_admin.deepflow_server WHERE virtual_table_name = 'deepflow_server_inventory'`,
    );
    const status = await stack.status();
    const { churned, relabelled, reused } = world;
    return {
      ...judge.outcome,
      rows,
      churned,
      relabelled,
      reused,
      visible_ms: this.visible_ms,
      memory: this.memory,
      events: Number(events),
      waited_here: Number(stats[0]?.[0] ?? 0),
      drops: status?.drops ?? {},
      problems: status?.server.problems ?? [],
    };
  }
}

/** The dictionaries' tables, whole. */
class Tags {
  private readonly entities = new Map<number, Record<string, string | number>>();
  private readonly resources = new Map<number, { uid: string; name: string }>();
  private readonly labels = new Map<number, string>();

  static async read(stack: Stack): Promise<Tags> {
    const tags = new Tags();
    const names = ['id', 'name', 'service', 'gprocess', 'tag_source', 'label_set_id'];
    const kinds = ['pod', 'pod_ns', 'pod_node', 'pod_group', 'pod_service', 'pod_cluster', 'chost'].map(
      (k) => `${k}_id`,
    );
    const columns = [...names, ...kinds];
    for (const row of await raw(stack, `SELECT ${columns.join(', ')} FROM flow_tag.entity_map FINAL`))
      tags.entities.set(Number(row[0]), Object.fromEntries(columns.map((c, i) => [c, row[i] as string | number])));
    for (const [id, uid, name] of await raw(stack, 'SELECT id, uid, name FROM flow_tag.resource_map FINAL'))
      tags.resources.set(Number(id), { uid: String(uid), name: String(name) });
    const sets = `SELECT owner, value FROM flow_tag.custom_tag_map FINAL WHERE name = 'k8s.label'`;
    for (const [owner, value] of await raw(stack, sets)) tags.labels.set(Number(owner), String(value));
    return tags;
  }

  of(entity: number) {
    const found = this.entities.get(entity);
    if (found === undefined) return undefined;
    const name = (kind: string): string => this.resources.get(Number(found[`${kind}_id`]))?.name ?? '';
    return {
      source: Number(found.tag_source),
      process: String(found.gprocess),
      pod_uid: this.resources.get(Number(found.pod_id))?.uid ?? '',
      shown: [
        name('pod'),
        name('pod_ns'),
        name('pod_node'),
        name('pod_group'),
        name('pod_cluster'),
        name('chost'),
        found.name,
      ],
      services: [name('pod_service'), String(found.service)],
      labels: this.labels.get(Number(found.label_set_id)) ?? '',
    };
  }
}

class Judge {
  private readonly tags: Tags;
  private readonly cuts: readonly number[];
  private readonly listed_ms: number;
  private readonly calls: readonly TrueCall[];
  private readonly wrong: string[] = [];
  private wrong_count = 0;
  private unheard = 0;
  private readonly local = { exact: 0, doubtful: 0 };
  private readonly remote = { exact: 0, doubtful: 0, doubtful_right: 0 };
  private readonly texts = new WeakMap<object, string>();

  /** `listed_ms`: when the last list of pods had been given. */
  constructor(tags: Tags, calls: readonly TrueCall[], cuts: readonly number[], listed_ms: number) {
    this.cuts = cuts;
    this.listed_ms = listed_ms;
    this.tags = tags;
    this.calls = calls;
  }

  get outcome() {
    return {
      local: this.local,
      remote: this.remote,
      wrong: this.wrong,
      wrong_count: this.wrong_count,
      unheard: this.unheard,
    };
  }

  row(flow: number, client: number, server: number): void {
    const call = this.calls[Math.floor(flow / 2) - 1]!;
    const seen_by = flow % 2;
    this.end(call, call.client, 0, client, seen_by === 0);
    this.end(call, call.server, call.port, server, seen_by === 1);
  }

  private end(call: TrueCall, pod: TruePod, port: number, entity: number, local: boolean): void {
    const found = this.tags.of(entity);
    const problem = found === undefined ? `no entity ${entity}` : this.problem(found, call, pod, port);
    const doubtful = found !== undefined && found.source >= DOUBTFUL;
    // A near end is the right pod always; what is doubtful of it are labels within the second of their change.
    // And a pod that lived only while the API server had forgotten the watch's version, which nobody can be told of.
    const unheard = problem.startsWith('pod none') && this.lived_unheard(pod);
    const excused = doubtful && (!local || problem.startsWith('labels') || unheard);
    if (local && unheard) this.unheard++;
    if (problem !== '' && !excused) {
      this.wrong_count++;
      const where = `${local ? 'near' : 'far'} ${port === 0 ? 'client' : 'server'} end`;
      if (this.wrong.length < 10)
        this.wrong.push(
          `${where} of ${pod.name} (${pod.from_ms} to ${pod.to_ms}) at ${call.end_us}, cut ${this.cuts.join(' ')}: ${problem}`,
        );
    } else if (local) this.local[doubtful ? 'doubtful' : 'exact']++;
    else {
      this.remote[doubtful ? 'doubtful' : 'exact']++;
      if (doubtful && problem === '') this.remote.doubtful_right++;
    }
    if (local && problem === '' && found?.process !== 'app') this.wrong_count++;
  }

  private lived_unheard({ from_ms, to_ms }: TruePod): boolean {
    const cut_ms = this.cuts[1] ?? Number.POSITIVE_INFINITY;
    return from_ms > cut_ms - 1500 && to_ms < this.listed_ms + TOLD_MS;
  }

  private problem(found: NonNullable<ReturnType<Tags['of']>>, call: TrueCall, pod: TruePod, port: number): string {
    if (found.pod_uid !== pod.uid) return `pod ${found.pod_uid || 'none'} (tag_source ${found.source}), not ${pod.uid}`;
    const { workload, node, name } = pod;
    const shown = [name, workload.namespace, node, workload.name, 'prod', node, name];
    if (found.shown.join() !== shown.join()) return `${found.shown.join()}, not ${shown.join()}`;
    const services = [...workload.services.values()];
    // A client is its pod's first service by age, then name: both were made in the same second.
    const service = port === 0 ? services.toSorted()[0]! : (workload.services.get(port) ?? '');
    const expected = [service, service === '' ? workload.name : service];
    if (found.services.join() !== expected.join()) return `services ${found.services.join()}, not ${expected.join()}`;
    const labels = pod.labels.findLast(({ from_ms }) => from_ms * 1000 <= call.start_us) ?? pod.labels[0]!;
    return found.labels === this.text(labels.labels) ? '' : `labels of another time (tag_source ${found.source})`;
  }

  /** As they are stored: sorted by name. */
  private text(labels: Readonly<Record<string, string>>): string {
    let text = this.texts.get(labels);
    if (text === undefined) {
      text = JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
      this.texts.set(labels, text);
    }
    return text;
  }
}

async function raw(stack: Stack, sql: string): Promise<unknown[][]> {
  const body = JSON.stringify({ sql, format: 'compact' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${stack.url}/v1/query/raw`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return (JSON.parse(text) as { data: unknown[][] }).data;
}
