// flow_tag: names and labels of Prometheus samples (deepflow.md section 4.2). Rows hold ids; a label of the application lies in the
// column that the layout of its metric gives it, labels of the target hang on target_id.

const map = (name: string, columns: string, key: string): string =>
  `CREATE TABLE IF NOT EXISTS flow_tag.${name}_map (${columns}) ENGINE = ReplacingMergeTree ORDER BY ${key}
   SETTINGS non_replicated_deduplication_window = 10000`;
const dictionary = (name: string, columns: string, key: string, layout: string): string =>
  `CREATE DICTIONARY IF NOT EXISTS flow_tag.${name}_dict (${columns}) PRIMARY KEY ${key}
   SOURCE(CLICKHOUSE(DB 'flow_tag' TABLE '${name}_map')) LAYOUT(${layout}) LIFETIME(0)`;

export const PROMETHEUS_DDL: readonly string[] = [
  map('prometheus_metric_name', 'id UInt32, name String', 'id'),
  map('prometheus_label_value', 'id UInt32, value String', 'id'),
  map('prometheus_label_layout', 'metric_id UInt32, name String, column UInt8', '(metric_id, name)'),
  map('prometheus_target_label', 'target_id UInt32, name String, value String', '(target_id, name)'),
  dictionary('prometheus_label_value', "id UInt64, value String DEFAULT ''", 'id', 'HASHED()'),
  dictionary(
    'prometheus_label_layout',
    'metric_id UInt32, name String, column UInt8 DEFAULT 0',
    'metric_id, name',
    'COMPLEX_KEY_HASHED()',
  ),
  dictionary(
    'prometheus_target_label',
    "target_id UInt32, name String, value String DEFAULT ''",
    'target_id, name',
    'COMPLEX_KEY_HASHED()',
  ),
];
