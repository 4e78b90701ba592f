// Agents as they are behind the kernel: entities by control group, streams, outbox, sync. What they saw is made up: calls between pods.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sync } from '../../packages/agent/src/control/sync.ts';
import { placement_of } from '../../packages/agent/src/resource/cgroup.ts';
import { Entities } from '../../packages/agent/src/resource/entities.ts';
import { Outbox } from '../../packages/agent/src/send/outbox.ts';
import { Client } from '../../packages/agent/src/send/post.ts';
import { Spool } from '../../packages/agent/src/send/spool.ts';
import { TableStream } from '../../packages/agent/src/send/streams.ts';
import { ENTITY_TYPE, L7_FLOW_LOG, NO_ENTITY } from '../../packages/records/src/index.ts';
import type { TruePod } from './kube-world.ts';

/** A call as it was. */
export interface TrueCall {
  readonly client: TruePod;
  readonly server: TruePod;
  readonly port: number;
  readonly start_us: number;
  readonly end_us: number;
}

const address = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;

export class SimulatedAgent {
  readonly outbox: Outbox;
  readonly entities = new Entities();
  private readonly host: string;
  private readonly client: Client;
  private readonly stream: TableStream;
  private readonly sync: Sync;
  private readonly timer: NodeJS.Timeout;
  private readonly locals = new Map<string, number>();

  constructor(url: string, host: string) {
    this.host = host;
    const boot = `boot-${Date.now()}`;
    this.client = new Client(url, undefined);
    this.outbox = new Outbox(new Spool(mkdtempSync(join(tmpdir(), 'sonde-spool-')), 1e9), (frame) =>
      this.client.post('/api/v1/ingest', 'application/octet-stream', frame),
    );
    const agent = `agent-${host}`;
    this.stream = new TableStream(
      { agent, boot, gzip: false, entity: (id) => this.entities.get(id), push: (f, n) => this.outbox.push(f, n) },
      L7_FLOW_LOG,
      0,
    );
    const about = { agent, boot, host, version: 'test', pid: 1, started_ms: Date.now() };
    this.sync = new Sync({
      post: (...args) => this.client.post(...args),
      report: () => ({ ...about, state: 'running', problems: [], counters: {} }),
      apply: () => {},
      hold: (ms) => {
        this.outbox.hold_ms = ms;
      },
    });
    this.sync.start();
    this.timer = setInterval(() => this.stream.flush_due(Date.now()), 100);
  }

  /** One of the two rows of a call: this agent's pod is the client (end 0) or the server (end 1). */
  saw(call: TrueCall, flow_id: number, end: 0 | 1): void {
    const { block: b } = this.stream;
    const at = (name: string): number => b.column(name);
    const [near, far] = end === 0 ? [call.client, call.server] : [call.server, call.client];
    const ids = [this.near(near), this.far(far.ip)];
    const [entity_0, entity_1] = end === 0 ? ids : ids.toReversed();
    for (const id of ids) this.stream.entity(id);
    b.u32(at('time'), Math.floor(call.end_us / 1e6));
    b.i64(at('start_time'), call.start_us);
    b.i64(at('end_time'), call.end_us);
    b.i64(at('flow_id'), flow_id);
    b.u32(at('entity_id_0'), entity_0!);
    b.u32(at('entity_id_1'), entity_1!);
    b.u32(at('ip4_0'), address(call.client.ip));
    b.u32(at('ip4_1'), address(call.server.ip));
    b.u8(at('is_ipv4'), 1);
    b.u8(at('protocol'), 6);
    b.u16(at('server_port'), call.port);
    b.u16(at('signal_source'), 3);
    b.str(at('observation_point'), end === 0 ? 'c-p' : 's-p');
    b.u8(at('l7_protocol'), 20);
    b.u8(at('type'), 2);
    b.str(at('request_type'), 'GET');
    b.str(at('endpoint'), '/cart');
    b.i64(at('response_duration'), call.end_us - call.start_us);
    b.f64(at('sampling_rate'), 1);
    this.stream.end_row();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.sync.stop();
    this.stream.flush();
    await this.stream.settled();
    // What is held is waited for, as the truth has to be up to date for the last rows too.
    for (let i = 0; i < 600 && this.outbox.waiting_bytes > 0; i++) await new Promise((done) => setTimeout(done, 100));
    await this.outbox.stop(1000);
    this.client.close();
  }

  private near(pod: TruePod): number {
    const known = this.locals.get(pod.uid);
    if (known !== undefined) return known;
    const slice = `kubepods-burstable-pod${pod.uid.replaceAll('-', '_')}.slice`;
    const container = pod.uid.replaceAll('-', '').repeat(2);
    const path = `0::/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${container}.scope`;
    const type = ENTITY_TYPE.process;
    const process = { type, name: 'app', service: 'app', service_type: type, executable: '/app', command_line: 'app' };
    const id = this.entities.id({ ...NO_ENTITY, ...process, host: this.host, ...placement_of(path) });
    this.locals.set(pod.uid, id);
    return id;
  }

  private far(ip: string): number {
    return this.entities.id({ ...NO_ENTITY, name: ip, service: ip, ip });
  }
}
