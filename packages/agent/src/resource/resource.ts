// The stage's door: who is at the ends of a flow.
import type { AgentSettings, Entity } from '@sonde/records';
import type { Flow } from '../call.ts';
import type { ProcessEvent } from '../capture/event.ts';
import type { Profiled } from '../profiled.ts';
import { Ends } from './ends.ts';
import { Entities } from './entities.ts';
import { is_ignored, ignored_now } from './ignore.ts';
import { Names } from './names.ts';
import { ProcNet } from './proc-net.ts';
import { Processes } from './processes.ts';
import { ContainerNames } from './runtime/names.ts';

export type ResourceSettings = Pick<AgentSettings, 'ignore_processes' | 'process_matchers'>;

export class Resource {
  private readonly entities = new Entities();
  private readonly processes: Processes;
  private readonly names = new Names();
  private readonly net: ProcNet;
  private readonly ends: Ends;
  private readonly ignore: (pid: number) => void;
  private readonly proc: string;
  private patterns: readonly string[] = [];
  private rules = '[]';
  /** Told of births, programs and deaths of processes, once they are taken in. */
  on_process: (event: ProcessEvent) => void = () => {};

  /** `ignore` is told each process that settings say not to observe. */
  constructor(host: string, ignore: (pid: number) => void, proc = '/proc', containers = new ContainerNames()) {
    this.ignore = ignore;
    this.proc = proc;
    this.processes = new Processes(this.entities, host, proc, containers);
    this.net = new ProcNet(proc);
    const { entities, processes, names } = this;
    this.ends = new Ends({ entities, processes, names, proc_net: this.net, host });
  }

  configure({ ignore_processes, process_matchers }: ResourceSettings): void {
    this.patterns = ignore_processes;
    // Settings come with every change of any of them; names are worked out anew only for these.
    const rules = JSON.stringify(process_matchers);
    if (rules !== this.rules) this.processes.configure(process_matchers);
    this.rules = rules;
    if (ignore_processes.length === 0 && !process_matchers.some((rule) => rule.ignore)) return;
    for (const pid of ignored_now(this.processes, ignore_processes, this.proc)) this.ignore(pid);
  }

  process(event: ProcessEvent): void {
    this.processes.event(event);
    this.on_process(event);
    if (event.kind !== 'exec') return;
    const process = this.patterns.length === 0 ? undefined : this.processes.get(event.pid);
    const ignored = process !== undefined && is_ignored(process, this.patterns);
    if (ignored || this.processes.matched(event.pid).ignore) this.ignore(event.pid);
  }

  begin(flow: Flow): void {
    this.ends.begin(flow);
  }

  end(flow: Flow): void {
    this.ends.end(flow);
  }

  label(flow: Flow, now_ns: number): void {
    this.ends.label(flow, now_ns);
  }

  /** Labels; false while the far end may still turn out to be a process of this host. */
  settled(flow: Flow, now_ns: number): boolean {
    return this.ends.settled(flow, now_ns);
  }

  learn(names: readonly { name: string; address: string; ttl_s: number }[], now_ns: number): void {
    for (const { name, address, ttl_s } of names) this.names.learn(address, name, ttl_s, now_ns);
  }

  entity(local: number): Entity | undefined {
    return this.entities.get(local);
  }

  kname(pid: number): string {
    return this.processes.comm(pid);
  }

  /** Who a process is, for its stacks. */
  profiled(pid: number): Profiled {
    const entity = this.processes.entity(pid);
    const { service = '', name = '' } = this.entities.get(entity) ?? {};
    const executable = this.processes.known(pid)?.executable ?? '';
    return { entity, service, instance: name, executable };
  }

  listening(transport: number, port: number, now_ns: number): boolean {
    return this.net.listening(transport, port, now_ns);
  }

  /** Process that listens on a TCP port of this host; 0 when none. Slow. */
  listener(port: number, now_ns: number): number {
    return this.net.owner(6, port, 0, now_ns, true);
  }

  tick(now_ns: number): void {
    this.processes.tick(now_ns);
  }

  get gauges(): readonly (readonly [string, number])[] {
    return [
      ['processes', this.processes.size],
      ['entities_refused', this.entities.refused],
    ];
  }
}
