import { expect, it } from 'vitest';
import { type Against, DEFAULT_PROFILE, type ProfileState } from './profile.ts';
import { DEFAULT_STATE, type PageState, parse_state, write_state } from './url.ts';

it('leaves defaults out', () => {
  expect(write_state(DEFAULT_STATE)).toBe('');
  expect(parse_state('')).toEqual(DEFAULT_STATE);
});

it('comes back from the URL as it was', () => {
  const state: PageState = {
    view: 'requests',
    range: { kind: 'fixed', from_s: 1_800_000_000, to_s: 1_800_000_900 },
    refresh_s: 0,
    search: 'a&b=c',
    selection: {
      edge: { client: { name: 'gate/way', type: 120 }, server: { name: 'ö', type: 255 }, protocol: 20, is_tls: true },
    },
    protocol: 20,
    errors_only: true,
    least_request_s: 0.5,
    hide_opaque: true,
    neighbours: true,
    by_endpoint: true,
    endpoint: '/users/*',
    sort: 'p95',
    descending: false,
    columns: ['end_time', 'ip_0'],
    conditions: [
      { column: 'request_resource', op: 'like', value: '*~x~*' },
      { column: 'response_code', op: '>=', value: '400' },
    ],
    group_by: 'k8s.label.app.kubernetes.io/name',
    point: 's-p',
    row: '18446744073709551615',
    profile: {
      service: 'a&b=ö',
      process: 4294967295,
      event: 'off-cpu',
      shape: 'sandwich',
      folded: ['kernel', 'library'],
      part: { from_s: 1_800_000_100, to_s: 1_800_000_200 },
      against: { kind: 'before' },
      focus: '0123456789abcdef',
      fn: 'A~shop~std::map<a~b>',
    },
    db: 'flow_log',
    sql: "SELECT 'x'",
  };
  expect(parse_state(write_state(state))).toEqual(state);
  const node = { ...DEFAULT_STATE, selection: { node: { name: '', type: 0 } }, endpoint: '' };
  expect(parse_state(write_state(node))).toEqual(node);
});

it('ignores what it cannot understand', () => {
  const hostile =
    '?view=admin&last=77&refresh=1&from=9&to=1&protocol=x&least=-4&node=nobody&f=x&f=a~DROP~b&client=120/a&speaks=20';
  expect(parse_state(hostile)).toEqual(DEFAULT_STATE);
  expect(parse_state(`?${'f=a~=~1&'.repeat(500)}`).conditions.length).toBeLessThanOrEqual(20);
});

it('keeps what a profile is compared with', () => {
  const against: readonly Against[] = [
    { kind: 'nothing' },
    { kind: 'before' },
    { kind: 'span', span: { from_s: 1_800_000_000, to_s: 1_800_000_060 } },
    { kind: 'service', service: '' },
    { kind: 'service', service: 'cart' },
  ];
  for (const one of against) {
    const state: PageState = { ...DEFAULT_STATE, profile: { ...DEFAULT_PROFILE, against: one } };
    expect(parse_state(write_state(state))).toEqual(state);
  }
  const hostile: readonly string[] = ['pid=-1', 'pid=1e9', 'show=x', 'fold=a,b', 'part=9-1', 'part=1', 'vs=x', 'at=zz'];
  for (const text of hostile) expect(parse_state(`?${text}`).profile, text).toEqual<ProfileState>(DEFAULT_PROFILE);
});
