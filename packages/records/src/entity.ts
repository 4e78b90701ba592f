// What an end of a call is: one life of a resource with one set of universal tags (design, principle 8). The agent
// describes, the server allocates the id; a change of any field is another entity.

/** DeepFlow's numbers of auto_instance_type / auto_service_type (deepflow.md section 4). */
export const ENTITY_TYPE = { internet: 0, pod: 10, process: 120, host: 1, container: 20, ip: 255 } as const;

export interface Entity {
  /** ENTITY_TYPE: what auto_instance_type shows. */
  readonly type: number;
  /** auto_instance: what a person would call this one: process name, container name, DNS name, address. */
  readonly name: string;
  /** auto_service: what a person would call the thing of which this is one instance. */
  readonly service: string;
  readonly service_type: number;
  /** Host name of the agent; '' for a far end. */
  readonly host: string;
  /** Process ends: executable path and command line, redacted (arguments that look like secrets become '?'). */
  readonly executable: string;
  readonly command_line: string;
  /** Container id (64 hex) and runtime ('docker', 'containerd', 'cri-o', 'podman', ''), systemd unit. */
  readonly container_id: string;
  readonly container_runtime: string;
  readonly container_name: string;
  readonly unit: string;
  /** Text of the address for ends of type ip; '' otherwise. Internet addresses share one entity: '' too. */
  readonly ip: string;
  /** Kubernetes pod that the process runs in, read off its control group; '' = none. */
  readonly pod_uid: string;
}

/** An end of which nothing is known: what others fill in from. */
export const NO_ENTITY: Entity = {
  type: ENTITY_TYPE.ip,
  name: '',
  service: '',
  service_type: ENTITY_TYPE.ip,
  host: '',
  executable: '',
  command_line: '',
  container_id: '',
  container_runtime: '',
  container_name: '',
  unit: '',
  ip: '',
  pod_uid: '',
};

/** Fields in the order of the flow_tag.entity_map columns after `id`. */
export const ENTITY_FIELDS = [
  'type',
  'name',
  'service',
  'service_type',
  'host',
  'executable',
  'command_line',
  'container_id',
  'container_runtime',
  'container_name',
  'unit',
  'ip',
  'pod_uid',
] as const satisfies readonly (keyof Entity)[];

/** What the server adds when it labels an end. */
export interface EntityLabel {
  /** Name of the process where a pod has taken its place as auto_instance; '' otherwise. */
  readonly gprocess: string;
  /** TAG_SOURCE bits. */
  readonly tag_source: number;
}
export const LABEL_FIELDS = ['gprocess', 'tag_source'] as const satisfies readonly (keyof EntityLabel)[];
export const NO_LABEL: EntityLabel = { gprocess: '', tag_source: 0 };

/** How the server came to an end's tags (deepflow.md section 4); `doubtful` is our own: it may have been another thing, or other tags. */
export const TAG_SOURCE = { pod: 2, address: 8, doubtful: 128 } as const;
