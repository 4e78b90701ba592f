// A table of a CMDB: a line of names, then a thing a line. RFC 4180, with ',' or ';' between.
import { isIP } from 'node:net';
import { plain_address } from '../../../inventory.ts';
import type { NamedTags } from '../domain/picture.ts';
import type { Problem } from '../domain/document.ts';
import { DEVICE, known_as, type Place, resource, type TagsOf } from '../place.ts';

const COLUMNS = [
  'type',
  'name',
  'uuid',
  'ip',
  'domain',
  'region',
  'az',
  'vpc',
  'subnet',
  'host',
  'biz_service',
] as const;
type Name = (typeof COLUMNS)[number];
const TYPES = { chost: DEVICE.chost, lb: DEVICE.lb, rds: DEVICE.rds, redis: DEVICE.redis } as const;
type Type = keyof typeof TYPES;
const TAG = /^cloud\.tag\.[^\s:`\\']{1,255}$/;
const GROUP = 'biz_service.group';
const ROWS_MAX = 200_000;
const PROBLEMS_MAX = 20;

export type ReadTable =
  | {
      readonly ok: true;
      readonly places: readonly Place[];
      readonly tags: readonly TagsOf[];
      readonly named: readonly NamedTags[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** `prefix` is the scope of what names no VPC, and begins that of others. */
export function read_table(text: string, prefix: string): ReadTable {
  const problems: Problem[] = [];
  const wrong = (line: number, path: string, problem: string): undefined => {
    if (problems.length < PROBLEMS_MAX) problems.push({ path, line, problem });
  };
  const split = rows_of(text);
  if (typeof split === 'number')
    return { ok: false, problems: [{ path: '', line: split, problem: 'a quote is not closed' }] };
  const [head, ...rows] = split;
  if (head === undefined)
    return { ok: false, problems: [{ path: '', line: 1, problem: 'the line of names is missing' }] };
  const names = head.cells.map((name) => name.trim());
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) !== i) wrong(head.line, name, 'is there twice');
    if (!(COLUMNS as readonly string[]).includes(name) && !TAG.test(name) && name !== GROUP)
      wrong(head.line, name, `no such column: ${COLUMNS.join(', ')}, ${GROUP} and cloud.tag.NAME are known`);
  }
  if (!names.includes('name')) wrong(head.line, 'name', 'this column is missing');
  if (rows.length > ROWS_MAX) wrong(0, '', `has more than ${ROWS_MAX} lines`);
  const made = new Table(names, prefix, wrong);
  if (problems.length === 0) for (const row of rows) made.add(row);
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, places: made.places, tags: made.tags, named: made.named };
}

class Table {
  readonly places: Place[] = [];
  readonly tags: TagsOf[] = [];
  readonly named: NamedTags[] = [];
  private readonly names: readonly string[];
  private readonly prefix: string;
  private readonly wrong: (line: number, path: string, problem: string) => undefined;
  private readonly uuids = new Map<string, number>();

  constructor(
    names: readonly string[],
    prefix: string,
    wrong: (line: number, path: string, problem: string) => undefined,
  ) {
    this.names = names;
    this.prefix = prefix;
    this.wrong = wrong;
  }

  add({ line, cells }: Row): undefined {
    if (cells.length !== this.names.length)
      return this.wrong(line, '', `has ${cells.length} values, the line of names has ${this.names.length}`);
    const cell = (name: Name | typeof GROUP): string => cells[this.names.indexOf(name)]?.trim() ?? '';
    const type = cell('type') || 'chost';
    const name = cell('name');
    if (name === '' || name.length > 255) return this.wrong(line, 'name', name === '' ? 'is missing' : 'is too long');
    const values = this.tags_of(cells);
    if (type === 'pod_ns') {
      if (cell('domain') === '') return this.wrong(line, 'domain', 'is missing: a pod_ns is one of a cluster');
      this.named.push({ kind: 'pod_ns', name, domain: cell('domain'), values, at: `line ${line}` });
      return undefined;
    }
    if (!(type in TYPES)) return this.wrong(line, 'type', `must be one of ${Object.keys(TYPES).join(', ')}, pod_ns`);
    const addresses = cell('ip')
      .split(/[\s;|,]+/)
      .filter((one) => one !== '');
    const bad = addresses.find((one) => isIP(one) === 0);
    if (bad !== undefined) return this.wrong(line, 'ip', `${bad} is no IP address`);
    return this.place(line, type as Type, name, addresses.map(plain_address), values, cell);
  }

  private tags_of(cells: readonly string[]): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.names.flatMap((name, i) =>
        name.startsWith('cloud.tag.') && cells[i] !== '' ? [[name.slice('cloud.tag.'.length), cells[i]!]] : [],
      ),
    );
  }

  private place(
    line: number,
    type: Type,
    name: string,
    addresses: readonly string[],
    values: Readonly<Record<string, string>>,
    cell: (name: Name | typeof GROUP) => string,
  ): undefined {
    const { prefix } = this;
    // What has no uuid goes by its name, as do the things around it.
    const named = (kind: 'region' | 'az' | 'vpc' | 'subnet' | 'host' | 'biz_service') =>
      cell(kind) === '' ? undefined : resource(kind, `${prefix}/${kind}/${cell(kind)}`, cell(kind));
    const uuid = cell('uuid') || `${prefix}/${cell('vpc')}/${type}/${name}`;
    const before = this.uuids.get(uuid);
    if (before !== undefined)
      return this.wrong(line, cell('uuid') === '' ? 'name' : 'uuid', `is that of line ${before} too`);
    this.uuids.set(uuid, line);
    const self = resource(type, uuid, name, { hostname: name, ip: addresses[0] ?? '' });
    const business = named('biz_service');
    const instance = { type: TYPES[type], name };
    const around = (['region', 'az', 'vpc', 'subnet'] as const).map(named);
    const known = known_as(instance, [self, ...around, named('host'), business], {
      fallback: business === undefined ? instance : { type: DEVICE.business, name: business.name },
    });
    this.places.push({
      scope: cell('vpc') === '' ? prefix : `${prefix}/${cell('vpc')}`,
      uid: uuid,
      known,
      addresses,
      hostnames: type === 'chost' ? [name] : [],
      title: `${type} ${name}`,
    });
    if (Object.keys(values).length > 0) this.tags.push({ resource: self, family: 'cloud.tag', values });
    if (business !== undefined && cell(GROUP) !== '')
      this.tags.push({ resource: business, family: 'biz_service', values: { group: cell(GROUP) } });
  }
}

/** Rows with the line where each begins, empty ones left out; the line of a quote that is not closed. */
function rows_of(text: string): Row[] | number {
  const body = text.replace(/^\uFEFF/, '');
  const first = body.slice(0, (body.indexOf('\n') + 1 || body.length + 1) - 1);
  const between = first.includes(';') && !first.includes(',') ? ';' : ',';
  const rows: Row[] = [];
  let [at, line] = [0, 1];
  while (at < body.length) {
    const cells: string[] = [];
    const began = line;
    for (;;) {
      let cell = '';
      if (body[at] === '"') {
        const opened = line;
        for (at++; ; at++) {
          const end = body.indexOf('"', at);
          if (end < 0) return opened;
          cell += body.slice(at, end);
          at = end + 1;
          if (body[at] !== '"') break;
          cell += '"';
        }
        line += cell.split('\n').length - 1;
      }
      const rest = at;
      while (at < body.length && body[at] !== between && body[at] !== '\n') at++;
      cell += body.slice(rest, at).replace(/\r$/, '');
      cells.push(cell);
      if (body[at++] !== between) break;
    }
    line++;
    if (cells.some((cell) => cell.trim() !== '')) rows.push({ line: began, cells });
  }
  return rows;
}
