// The ends of a batch as entities: what the agent says of an end, and what sources know of it at the time of a row. Most ends are
// one entity for the whole batch; those whose thing may have changed meanwhile are looked up row by row.
import {
  ENTITY_FIELDS,
  ENTITY_TYPE,
  type Entity,
  NO_LABEL,
  TAG_SOURCE,
  type Resource,
  type UniversalTags,
} from '@sonde/records';
import type { Known, Named, ServiceOf } from '../inventory.ts';
import { kept } from '../kept.ts';
import type { EntityIds } from './entities.ts';
import { machine_tags, type Resources } from './resources.ts';
import type { Found } from './layers.ts';
import type { Things } from './things.ts';

/** Global id of an end in a row of that time; `server_port` is 0 for client ends. */
export type Varying = (from_us: number, to_us: number, server_port: number) => number;
/** By the batch's local id; undefined when the batch does not define it. */
export interface Globals {
  get(local: number): number | Varying | undefined;
}
export interface Span {
  readonly from_us: number;
  readonly to_us: number;
}
type Definitions = readonly { readonly local: number; readonly entity: Entity }[];

const no_service = Symbol('none');

export class Ends {
  private readonly ids: EntityIds;
  private readonly resources: Resources;
  private readonly things: Things;
  private tags_of = new WeakMap<Known, Map<ServiceOf | typeof no_service, UniversalTags>>();

  constructor(ids: EntityIds, resources: Resources, things: Things) {
    this.ids = ids;
    this.resources = resources;
    this.things = things;
  }

  /** Asks for every id anew from now on. */
  forget_ids(): void {
    this.tags_of = new WeakMap();
  }

  /** Whether there is any source to wait for. */
  get settles(): boolean {
    return this.things.settles;
  }

  /** Whether the end's tags come from a source, so that the batch should wait until that is up to date. */
  is_tracked(entity: Entity): boolean {
    return this.things.active && (entity.pod_uid !== '' || (entity.ip !== '' && entity.host === ''));
  }

  /** Until when a source that knows nothing yet of the rows' time should be waited for; 0 = not. */
  patience_us(definitions: Definitions, to_us: number): number {
    return this.things.patience_us(host_of(definitions), to_us);
  }

  /** The ids are not to be stored in rows before `EntityIds.stored` resolves. */
  of(definitions: Definitions, span: Span): Globals {
    const host = host_of(definitions);
    const globals = new Map<number, number | Varying>([[0, 0]]);
    for (const { local, entity } of definitions)
      globals.set(local, this.is_tracked(entity) ? this.varying(entity, host, span) : this.fixed(entity));
    return globals;
  }

  /** A thing itself as an entity, for rows that are about it and no traffic; 0 where no source knows it. */
  thing(uid: string, at_us: number): number {
    const found = this.things.by_uid(uid, at_us, at_us);
    if (found === undefined) return 0;
    return this.id({ ...NOBODY, pod_uid: uid }, found.known, 0, found.doubtful);
  }

  /** What runs on a machine that a source knows belongs to it; what it is called the agent knows best. */
  private fixed(entity: Entity): number {
    const node = entity.host === '' ? undefined : this.things.by_host(entity.host);
    const host = machine_tags(entity.host, this.resources);
    return this.ids.id(entity, node === undefined ? host : { ...host, ...this.tags(node, undefined), label_set: 0 });
  }

  private varying(entity: Entity, host: string, span: Span): Varying {
    const find = (from_us: number, to_us: number): Found | undefined =>
      entity.pod_uid === ''
        ? this.things.by_address(entity.ip, host, from_us, to_us)
        : this.things.by_uid(entity.pod_uid, from_us, to_us);
    const whole = find(span.from_us, span.to_us);
    const sure = whole?.doubtful === false ? whole : undefined;
    const memo = new Map<Known | undefined, Map<number, number>>();
    return (from_us, to_us, server_port) => {
      const found = sure ?? find(from_us, to_us);
      const doubtful = found?.doubtful ?? this.things.missed(host, from_us, to_us);
      const key = server_port * 2 + Number(doubtful);
      const by_port = kept(memo, found?.known, () => new Map<number, number>());
      return kept(by_port, key, () => this.id(entity, found?.known, server_port, doubtful));
    };
  }

  private id(entity: Entity, known: Known | undefined, server_port: number, doubtful: boolean): number {
    const mark = doubtful ? TAG_SOURCE.doubtful : 0;
    const machine = machine_tags(entity.host === '' ? (known?.hostname ?? '') : entity.host, this.resources);
    if (known === undefined) return this.ids.id(entity, machine, { ...NO_LABEL, tag_source: mark });
    const service = service_of(known, server_port);
    const tags = { ...machine, ...this.tags(known, service) };
    const called: Named =
      service?.resource.kind === 'pod_service'
        ? { type: AUTO_SERVICE.pod_service, name: service.resource.name }
        : known.fallback;
    return this.ids.id(
      {
        ...entity,
        type: known.instance.type,
        name: known.instance.name,
        service_type: called.type,
        service: called.name,
      },
      tags,
      {
        gprocess: entity.type === ENTITY_TYPE.process ? entity.name : '',
        tag_source: (entity.pod_uid === '' ? TAG_SOURCE.address : TAG_SOURCE.pod) | mark,
      },
    );
  }

  private tags(known: Known, service: ServiceOf | undefined): UniversalTags {
    const by_service = kept(this.tags_of, known, () => new Map<ServiceOf | typeof no_service, UniversalTags>());
    return kept(by_service, service ?? no_service, () => this.make_tags(known, service));
  }

  private make_tags(known: Known, service: ServiceOf | undefined): UniversalTags {
    const ids: Partial<Record<Resource['kind'], number>> = {};
    for (const resource of known.resources) ids[resource.kind] = this.resources.id(resource);
    if (service !== undefined) ids[service.resource.kind] = this.resources.id(service.resource);
    if (service?.ingress !== undefined) ids.pod_ingress = this.resources.id(service.ingress);
    ids.label_set = this.resources.label_set(
      service === undefined ? known.labels : { ...known.labels, ...service.labels },
    );
    return ids;
  }
}

/** The agent's machine: that of the near ends. */
const host_of = (definitions: Definitions): string =>
  definitions.find(({ entity }) => entity.host !== '')?.entity.host ?? '';

const NOBODY = {
  ...Object.fromEntries(ENTITY_FIELDS.map((field) => [field, ''])),
  type: ENTITY_TYPE.ip,
  service_type: ENTITY_TYPE.ip,
} as unknown as Entity;

const AUTO_SERVICE = { pod_service: 11 } as const;

/** Of the services that a thing is part of, the one that takes calls on the port; of a client the first. */
function service_of(known: Known, server_port: number): ServiceOf | undefined {
  if (server_port === 0) return known.services.find(({ resource }) => resource.kind === 'pod_service');
  return known.services.find(({ ports }) => ports.length === 0 || ports.includes(server_port));
}
