// Processes by pid: what the kernel told of them, completed from /proc on first use. A process that has ended is still
// known for a while, because what it sent last is parsed after its end.
import { readFileSync, readlinkSync } from 'node:fs';
import { ENTITY_TYPE, type Entity, type ProcessMatcher } from '@sonde/records';
import type { ProcessEvent } from '../capture/event.ts';
import { NOWHERE, type Placement, placement_of } from './cgroup.ts';
import type { Entities } from './entities.ts';
import { command_line } from './redact.ts';
import { type Matched, Matchers } from './matchers.ts';
import { ContainerNames } from './runtime/names.ts';
import { is_title, process_name } from './title.ts';

const PROCESSES_MAX = 32_768;
const KEPT_AFTER_EXIT_NS = 30e9;
const ANCESTORS_MAX = 16;

export interface Process {
  readonly pid: number;
  ppid: number;
  comm: string;
  /** Undefined: not known from the kernel, read /proc. */
  args: readonly string[] | undefined;
  executable: string;
  placement: Placement | undefined;
  cgroup_id: number;
  /** Forked and did not exec since: is what its parent is. */
  forked: boolean;
  /** Local entity id; 0 = not worked out yet. */
  entity: number;
  exited_ns: number;
}

export class Processes {
  private readonly table = new Map<number, Process>();
  private readonly placements = new Map<number, Placement>();
  private exited: Process[] = [];
  /** Pids that were gone when they were asked for. */
  private readonly absent = new Set<number>();
  private readonly entities: Entities;
  private readonly host: string;
  private readonly proc: string;
  private readonly containers: ContainerNames;
  private answers = 0;
  private matchers: Matchers;
  /** Changes when processes known before may be called otherwise than they were. */
  generation = 0;

  /** `proc`: where /proc is mounted. */
  constructor(entities: Entities, host: string, proc = '/proc', containers = new ContainerNames()) {
    this.entities = entities;
    this.containers = containers;
    this.host = host;
    this.proc = proc;
    this.matchers = new Matchers([], {});
  }

  configure(rules: readonly ProcessMatcher[]): void {
    this.matchers = new Matchers(rules, { HOSTNAME: this.host, ...process.env });
    this.renew();
  }

  /** What rules say of the process. */
  matched(pid: number): Matched {
    const known = this.matchers.empty ? undefined : this.known(pid);
    return known === undefined ? { ignore: false, name: '' } : this.match(known);
  }

  get size(): number {
    return this.table.size;
  }

  event(event: ProcessEvent): void {
    if (event.kind === 'exit') {
      const process = this.table.get(event.pid);
      if (process === undefined) return;
      process.exited_ns = event.moment_ns;
      this.exited.push(process);
      return;
    }
    const exec = event.kind === 'exec';
    const args = event.args.replace(/\0+$/, '').split('\0');
    this.put({
      pid: event.pid,
      ppid: event.ppid,
      comm: event.comm,
      args: exec && event.args !== '' ? args : undefined,
      executable: exec ? event.filename : '',
      placement: undefined,
      cgroup_id: event.cgroup_id,
      forked: !exec,
      entity: 0,
      exited_ns: 0,
    });
  }

  /** Forgets who ended long ago. */
  tick(now_ns: number): void {
    if (this.answers !== this.containers.answers) {
      this.answers = this.containers.answers;
      this.renew();
    }
    while (this.exited.length > 0 && now_ns - this.exited[0]!.exited_ns > KEPT_AFTER_EXIT_NS) {
      const process = this.exited.shift()!;
      if (this.table.get(process.pid) === process) this.table.delete(process.pid);
    }
  }

  comm(pid: number): string {
    return this.get(pid)?.comm ?? '';
  }

  /** Local entity id of a process; 0 when nothing is known of it. */
  entity(pid: number): number {
    const process = this.get(pid);
    if (process === undefined) return 0;
    if (process.entity === 0) process.entity = this.entities.id(this.describe(process));
    return process.entity;
  }

  get(pid: number): Process | undefined {
    if (pid <= 0) return undefined;
    const known = this.table.get(pid);
    if (known !== undefined) return known;
    // Asked for with every request of it: one look into /proc is enough. A later process of this pid begins with an event.
    if (this.absent.has(pid)) return undefined;
    const found = this.read(pid);
    if (found === undefined) {
      if (this.absent.size >= PROCESSES_MAX) this.absent.clear();
      this.absent.add(pid);
    }
    return found;
  }

  /** With its command line and executable, as far as they can be had. */
  known(pid: number): Process | undefined {
    const process = this.get(pid);
    if (process !== undefined && !process.forked) this.complete(process);
    return process;
  }

  private describe(process: Process): Entity {
    const source = this.origin(process);
    if (source !== process && source.entity !== 0) return this.entities.get(source.entity)!;
    this.complete(source);
    const args = source.args ?? [source.comm];
    const { container_id, container_runtime, unit, pod_uid, ...placed } = source.placement ?? NOWHERE;
    const container_name = placed.container_name || this.containers.name(container_id, container_runtime);
    const name = this.match(source).name || process_name(args, source.executable, source.comm);
    const named = container_name !== '';
    return {
      type: ENTITY_TYPE.process,
      name,
      service: named ? container_name : name,
      service_type: named ? ENTITY_TYPE.container : ENTITY_TYPE.process,
      host: this.host,
      executable: source.executable,
      command_line: command_line(args),
      container_id,
      container_runtime,
      container_name,
      unit,
      ip: '',
      pod_uid,
    };
  }

  private renew(): void {
    for (const known of this.table.values()) known.entity = 0;
    this.generation++;
  }

  private match(known: Process): Matched {
    const { comm, executable, args = [executable || comm], placement = NOWHERE } = known;
    const ancestors: string[] = [];
    let at = known;
    for (let i = 0; i < ANCESTORS_MAX; i++) {
      const parent = this.matchers.empty ? undefined : this.get(at.ppid);
      if (parent === undefined || parent === at) break;
      ancestors.push(parent.comm);
      at = parent;
    }
    return this.matchers.find({ name: comm, args, in_container: placement.container_id !== '', ancestors });
  }

  /** The ancestor whose program this still is: a fork without exec, or a worker that rewrote its title. */
  private origin(process: Process): Process {
    let at = process;
    for (let i = 0; i < ANCESTORS_MAX; i++) {
      if (!at.forked) this.complete(at);
      const titled = !at.forked && is_title(at.args?.[0] ?? '');
      if (!at.forked && !titled) return at;
      const parent = this.get(at.ppid);
      if (parent === undefined || parent === at) return at;
      if (titled) {
        this.complete(parent);
        if (parent.executable !== at.executable || at.executable === '') return at;
      }
      at = parent;
    }
    return at;
  }

  /** Fills from /proc what the kernel did not tell; what is gone stays as it is. */
  private complete(process: Process): void {
    if (process.placement !== undefined) return;
    const folder = `${this.proc}/${process.pid}`;
    const cgroup = read_text(`${folder}/cgroup`);
    if (cgroup === undefined) {
      const parent = this.table.get(process.ppid);
      process.placement = this.placements.get(process.cgroup_id) ?? parent?.placement ?? NOWHERE;
    } else {
      process.placement = placement_of(cgroup);
      if (process.cgroup_id !== 0 && this.placements.size < PROCESSES_MAX) {
        this.placements.set(process.cgroup_id, process.placement);
      }
    }
    if (process.args === undefined || process.args.length === 0) {
      const line = read_text(`${folder}/cmdline`)?.replace(/\0+$/, '');
      process.args = line === undefined || line === '' ? undefined : line.split('\0');
    }
    // Where the program really lies, once links are followed.
    process.executable = read_link(`${folder}/exe`) ?? process.executable;
  }

  private read(pid: number): Process | undefined {
    const stat = read_text(`${this.proc}/${pid}/stat`);
    if (stat === undefined) return undefined;
    // "pid (comm) state ppid ...": the comm may hold anything, so its end is the last parenthesis.
    const end = stat.lastIndexOf(')');
    const comm = stat.slice(stat.indexOf('(') + 1, end);
    const ppid = Number(stat.slice(end + 2).split(' ')[1] ?? 0);
    return this.put({
      pid,
      ppid,
      comm,
      args: undefined,
      executable: '',
      placement: undefined,
      cgroup_id: 0,
      forked: false,
      entity: 0,
      exited_ns: 0,
    });
  }

  private put(process: Process): Process {
    if (this.table.size >= PROCESSES_MAX) {
      for (const oldest of this.table.keys()) {
        this.table.delete(oldest);
        break;
      }
    }
    this.table.set(process.pid, process);
    this.absent.delete(process.pid);
    return process;
  }
}

function read_text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function read_link(path: string): string | undefined {
  try {
    return readlinkSync(path).replace(/ \(deleted\)$/, '');
  } catch {
    return undefined;
  }
}
