// Custom tags: `k8s.label.app_0`, `cloud.tag.team`, and whole families as JSON (`k8s.label_1`). They hang on resources, so no row
// carries them; Kubernetes labels hang on a set of labels that belongs to the entity, so they are those of the row's time.
import { CUSTOM_TAG_FAMILIES, type CustomTagFamily, type ResourceKind } from '@sonde/records';
import { entity_tag } from './entity.ts';
import { resource_id } from './resource.ts';
import { end_suffixes, type Tag, type TagFamily } from './tag.ts';

const DICTIONARY = 'flow_tag.custom_tag_dict';
const KEY_CHARS_MAX = 256;

/** What clouds and CMDBs give tags, in order. */
const CLOUD_OWNERS = { chost: true, lb: true, rds: true, redis: true, pod_ns: true } as const satisfies Partial<
  Record<ResourceKind, true>
>;
/** Whose tags they are, in order: the first that has the tag gives it. */
const OWNERS: Readonly<Record<Exclude<CustomTagFamily, 'os.app'>, readonly ResourceKind[]>> = {
  'k8s.label': ['label_set'],
  'k8s.annotation': ['pod_service', 'pod'],
  'k8s.env': ['pod'],
  'cloud.tag': Object.keys(CLOUD_OWNERS) as (keyof typeof CLOUD_OWNERS)[],
  biz_service: ['biz_service'],
};

function value_of(family: CustomTagFamily, name: string) {
  return (entity: string): string => {
    const owners =
      family === 'os.app' ? [`toUInt32(${entity})`] : OWNERS[family].map((kind) => resource_id(kind, entity));
    const values = owners.map((owner) => `dictGet('${DICTIONARY}', 'value', (${owner}, ${name}))`);
    const last = values.pop()!;
    return values.reduceRight((rest, value) => `if(notEmpty(${value}), ${value}, ${rest})`, last);
  };
}

function custom_tag(asked: string, suffix: string): Tag | undefined {
  const name = suffix === '' ? asked : asked.slice(0, -suffix.length);
  const family = CUSTOM_TAG_FAMILIES.find((f) => name === f || name.startsWith(`${f}.`));
  if (family === undefined || name === `${family}.` || name === 'biz_service') return undefined;
  if (name.length > family.length + 1 + KEY_CHARS_MAX) return undefined;
  const whole = name === family;
  const meaning = whole ? `All of ${family} as JSON` : `Value of ${name}`;
  const bound = (bind: Parameters<Tag['value']>[1]) => value_of(family, bind(name, 'String'));
  const made = entity_tag(
    { name, kind: 'text', meaning, category: 'Custom Tag', value: (id, bind) => bound(bind)(id) },
    suffix,
  );
  return whole ? { ...made, family: true } : made;
}

export const custom: TagFamily = {
  tags: () => [],
  dynamic(definition, name) {
    const suffixes = end_suffixes(definition);
    const suffix = suffixes.find((s) => name.endsWith(s));
    return suffix === undefined ? undefined : custom_tag(name, suffix);
  },
  /** Families whose keys follow a dot; shown by SHOW TAGS as whole. */
  families: CUSTOM_TAG_FAMILIES.filter((family) => family !== 'biz_service'),
};
