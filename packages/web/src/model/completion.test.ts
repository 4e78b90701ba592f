import { expect, it } from 'vitest';
import {
  condition_of,
  members_of,
  of_flows,
  of_metrics,
  of_profiles,
  operator_options,
  ranked,
  tags_of,
  value_options,
  values_statement,
} from './completion.ts';

const shown = (name: string, type: string, ends = true) => ({
  name,
  client_name: ends ? `${name}_0` : name,
  server_name: ends ? `${name}_1` : name,
  type,
  description: name,
  category: 'x',
});
const span = { from_s: 10, to_s: 20 };

it('offers a tag of both ends three times, any other once', () => {
  const tags = tags_of([shown('pod', 'resource'), shown('endpoint', 'string', false)]);
  expect(tags.map((t) => [t.name, t.of_ends])).toEqual([
    ['pod', undefined],
    ['pod_0', 'pod'],
    ['pod_1', 'pod'],
    ['endpoint', undefined],
  ]);
});

it('ranks the text itself, then beginnings, words, middles, letters in order', () => {
  const options = ['xpodx', 'my_pod', 'podium', 'pod', 'p_o_d', 'dop'].map((text) => ({ value: text, text }));
  expect(ranked(options, ' POD ', 9).map((o) => o.text)).toEqual(['pod', 'podium', 'my_pod', 'xpodx', 'p_o_d']);
  expect(ranked(options, '', 2)).toHaveLength(2);
});

it('asks for values by name or by row, with what was typed as literal text', () => {
  const [pod] = tags_of([shown('pod', 'resource')]);
  expect(values_statement('d', 'application_map', pod!, "a'*", span).sql).toBe(
    "SHOW TAG pod VALUES FROM application_map WHERE display_name like '*a\\'\\\\**' LIMIT 200",
  );
  const [path] = tags_of([shown('attribute.x', 'string', false)]);
  expect(values_statement('d', 'l7_flow_log', path!, '', span).sql).toBe(
    'SHOW TAG `attribute.x` VALUES FROM l7_flow_log WHERE time >= 10 AND time < 20 LIMIT 200',
  );
});

it('compares enumerations by number, things by name', () => {
  const [protocol, pod] = tags_of([shown('protocol', 'int_enum', false), shown('pod', 'resource')]);
  const rows = [[6, 'six']];
  expect(value_options(pod!, rows)).toEqual([{ value: 'six', text: 'six' }]);
  expect(value_options(protocol!, rows)).toEqual([{ value: '6', text: 'six' }]);
  expect(value_options(pod!, [[0, '']])).toEqual([{ value: '0', text: '0' }]);
});

it('finds the members of a family in its values', () => {
  const family = tags_of([shown('k8s.label', 'map')])[2]!;
  const rows = [['{"app":"a","b.c/d":"1"}'], ['no json'], [''], ['{"app":"b"}']];
  expect(members_of(family, rows).map((t) => [t.name, t.of_ends])).toEqual([
    ['k8s.label.app_1', 'k8s.label.app'],
    ['k8s.label.b.c/d_1', 'k8s.label.b.c/d'],
  ]);
});

it('offers order only where there is one, and makes like contain', () => {
  expect(operator_options('string').some((o) => o.value === '<')).toBe(false);
  expect(operator_options('int').some((o) => o.value === '<')).toBe(true);
  expect(condition_of('a', 'like', 'x').value).toBe('*x*');
  expect(condition_of('a', 'regexp', 'x').value).toBe('x');
});

it('knows what metrics can be asked for', () => {
  const of = (column: string) => of_metrics({ column, op: '=', value: '' });
  expect([of('pod_ns'), of('l7_protocol'), of('endpoint'), of('k8s.label.app_0')]).toEqual([true, true, true, true]);
  expect([of('request_resource'), of('trace_id'), of('attribute.x')]).toEqual([false, false, false]);
});

it('asks conditions only of what has their column', () => {
  const asked = (column: string): string =>
    [of_flows, of_metrics, of_profiles].map((of) => (of({ column, op: '=', value: '' }) ? '1' : '0')).join('');
  expect(asked('auto_service')).toBe('111');
  expect(asked('k8s.label.app')).toBe('111');
  expect(asked('process_id')).toBe('111');
  expect(asked('auto_service_1')).toBe('110');
  expect(asked('l7_protocol')).toBe('110');
  expect(asked('request_resource')).toBe('100');
  expect(asked('attribute.tenant')).toBe('100');
  expect(asked('thread_name')).toBe('001');
  expect(asked('profile_location_str')).toBe('001');
});
