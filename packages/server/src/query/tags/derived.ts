// Tags made of other columns of the row: names of protocols as text, the moment as text, whole families of names as JSON, the agent's host.
import { ENUMS, type RecordDefinition } from '@sonde/records';
import type { Bind } from '../params.ts';
import type { Tag, TagFamily } from './tag.ts';

const has = (definition: RecordDefinition, name: string): boolean => definition.columns.some((c) => c.name === name);
const text = (
  name: string,
  columns: readonly string[],
  category: string,
  meaning: string,
  value: Tag['value'],
): Tag => ({
  name,
  kind: 'text',
  meaning,
  category,
  unit: '',
  columns,
  value,
});

function protocol_name([column]: readonly string[], bind: Bind): string {
  const known = ENUMS.l7_protocol!;
  const numbers = bind(
    known.map((v) => Number(v.value)),
    'Array(Int64)',
  );
  const names = bind(
    known.map((v) => v.name),
    'Array(String)',
  );
  return `transform(toInt64(${column}), ${numbers}, ${names}, '')`;
}

/** Agents say their host with their counters; who was silent for a day is shown by number. */
function agent_host([id]: readonly string[]): string {
  const known = (what: string) =>
    `(SELECT groupArray(${what}) FROM (SELECT agent_id, argMax(host, time) AS said FROM deepflow_tenant.deepflow_collector WHERE time > now() - INTERVAL 1 DAY AND agent_id != 0 GROUP BY agent_id HAVING said != '' ORDER BY agent_id))`;
  const [ids, hosts] = [known('toInt64(agent_id)'), known('said')];
  return `if(has(${ids}, toInt64(${id})), arrayElement(${hosts}, indexOf(${ids}, toInt64(${id}))), toString(${id}))`;
}

/** family -> its two arrays of names and values. */
const MAPS = [
  ['attribute', 'attribute_names', 'attribute_values', 'All attributes as JSON'],
  ['tag', 'tag_names', 'tag_values', 'All tags as JSON'],
  ['metrics', 'metrics_names', 'metrics_values', 'All metrics as JSON'],
  ['metrics', 'metrics_float_names', 'metrics_float_values', 'All metrics as JSON'],
] as const;

export const derived: TagFamily = {
  tags(definition) {
    const tags: Tag[] = [];
    if (has(definition, 'l7_protocol') && definition.database === 'flow_log') {
      const meaning = 'Name of the application protocol';
      for (const name of ['l7_protocol_str', 'biz_protocol'])
        tags.push(text(name, ['l7_protocol'], 'Application Layer', meaning, protocol_name));
    }
    if (definition.database === 'event' || definition.database === 'application_log')
      tags.push(
        text(
          'time_str',
          ['time'],
          'Timestamp',
          'When it happened, as text in UTC',
          ([time]) => `formatDateTime(${time}, '%F %T', 'UTC')`,
        ),
      );
    if (has(definition, 'agent_id'))
      tags.push({
        ...text('agent', ['agent_id'], 'Capture Info', 'Host of the agent that saw it, else its number', agent_host),
        translated: true,
        companions: ['agent_id'],
      });
    for (const [name, names, values, meaning] of MAPS)
      if (has(definition, names))
        tags.push({
          ...text(
            name,
            [names, values],
            'Native Tag',
            meaning,
            ([keys, of]) =>
              `toJSONString(CAST((arrayMap(key -> toString(key), ${keys}), arrayResize(${of}, length(${keys}))), 'Map(String, ${name === 'metrics' ? 'Float64' : 'String'})'))`,
          ),
          family: true,
        });
    return tags;
  },
};
