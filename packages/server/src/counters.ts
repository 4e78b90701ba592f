// Counters of the server: what it took in, dropped and refused. Read by /api/v1/status and written every 10 s to
// deepflow_admin.deepflow_server. Names are `<group>.<counter>`; a group becomes a virtual table 'deepflow_server_<group>'.

export class Counters {
  private readonly values = new Map<string, number>();

  add(name: string, by = 1): void {
    this.values.set(name, (this.values.get(name) ?? 0) + by);
  }

  get(name: string): number {
    return this.values.get(name) ?? 0;
  }

  /** All counters since the start of the process. */
  snapshot(): ReadonlyMap<string, number> {
    return new Map(this.values);
  }

  /** Counters of one group, without the group's name. */
  group(group: string): Record<string, number> {
    const prefix = `${group}.`;
    return Object.fromEntries(
      [...this.values].filter(([name]) => name.startsWith(prefix)).map(([name, v]) => [name.slice(prefix.length), v]),
    );
  }
}
