// tag.x of Prometheus samples: the label x of the application, from the column that the metric's layout gives it, or of the target.
import type { RecordDefinition } from '@sonde/records';
import type { TagFamily } from './tag.ts';

const PREFIX = 'tag.';
const NAME_CHARS_MAX = 256;
const LABEL_COLUMN = /^app_label_value_id_\d+$/;
const is_samples = (definition: RecordDefinition): boolean => definition.columns.some((c) => c.name === 'metric_id');

export const prometheus: TagFamily = {
  tags: () => [],
  dynamic(definition, name) {
    const label = name.slice(PREFIX.length);
    if (!is_samples(definition) || !name.startsWith(PREFIX) || label === '' || label.length > NAME_CHARS_MAX)
      return undefined;
    const labels = definition.columns.filter((c) => LABEL_COLUMN.test(c.name)).map((c) => c.name);
    return {
      name,
      kind: 'text',
      meaning: `Label ${label}`,
      category: 'Native Tag',
      unit: '',
      columns: ['metric_id', 'target_id', ...labels],
      value: ([metric, target, ...columns], bind) => {
        const wanted = bind(label, 'String');
        const place = `dictGet('flow_tag.prometheus_label_layout_dict', 'column', (${metric}, ${wanted}))`;
        const id = `arrayElement([${columns.join(', ')}], ${place})`;
        const of_app = `dictGet('flow_tag.prometheus_label_value_dict', 'value', toUInt64(${id}))`;
        const of_target = `dictGet('flow_tag.prometheus_target_label_dict', 'value', (${target}, ${wanted}))`;
        return `if(${place} = 0, ${of_target}, ${of_app})`;
      },
    };
  },
};
