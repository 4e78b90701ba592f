// Settings of the agents. They take effect within seconds, without a restart.
import { type AgentSettings, DEFAULT_SETTINGS } from '@sonde/records';
import { type FormEvent, useEffect, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { fetch_settings, save_settings } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { protocol_choices } from '../../model/protocols.ts';
import { Loading, Notice, Toggle } from '../../widgets/basics.tsx';

type Key = keyof AgentSettings;
interface Field {
  readonly key: Key;
  readonly title: string;
  readonly help: string;
  readonly max?: number;
}

const FIELDS: readonly Field[] = [
  {
    key: 'protocols',
    title: 'Protocols',
    help: `Names, separated by commas; * = all of ${protocol_choices.map((p) => p.name).join(', ')}`,
  },
  { key: 'protocol_hints', title: 'Protocol by port', help: 'PORT=NAME, separated by commas' },
  { key: 'ignore_ports', title: 'Ports not to look at', help: 'Server ports, separated by commas' },
  { key: 'ignore_processes', title: 'Processes not to look at', help: 'Executable names or parts of command lines' },
  {
    key: 'throttle_rows_s',
    title: 'Request log rows/s',
    help: 'A second and agent; errors and the slowest are kept, metrics stay exact',
    max: 1_000_000,
  },
  { key: 'capture_bytes_max', title: 'Bytes captured a call', help: '0 to 2,097,152', max: 2_097_152 },
  { key: 'endpoints_per_service_max', title: 'Endpoints a service', help: 'Further ones count as *', max: 100_000 },
  { key: 'trace_headers', title: 'Trace headers', help: 'In order of preference' },
  { key: 'proxy_header', title: 'Header with the first client', help: 'Set by proxies' },
  { key: 'request_id_header', title: 'Header with the request id', help: '' },
  { key: 'profile_hz', title: 'Stacks sampled a second and CPU', help: '0 to 999; 0 = no profiles', max: 999 },
  { key: 'profile_off_cpu', title: 'Waits profiled', help: 'What threads wait for, and how long' },
  { key: 'profile_off_cpu_min_us', title: 'Shortest wait profiled, us', help: '1 to 1,000,000', max: 1_000_000 },
  { key: 'redact', title: 'Redact values', help: 'Keys, literals, query strings and secrets are not stored' },
];

const NUMBER_LISTS: ReadonlySet<Key> = new Set(['ignore_ports']);
const shown = (value: AgentSettings[Key]): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** Text of the form as the type that the default of that setting has. */
function parsed(key: Key, text: string): AgentSettings[Key] {
  const like = DEFAULT_SETTINGS[key];
  if (typeof like === 'number') return Number(text) || 0;
  if (typeof like === 'boolean') return text === 'true';
  if (typeof like === 'string') return text.trim();
  const items = text
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean);
  return NUMBER_LISTS.has(key) ? items.map(Number).filter((n) => n > 0 && n < 65_536) : items;
}

function FieldInput({ field, text, onChange }: { field: Field; text: string; onChange: (text: string) => void }) {
  const like = DEFAULT_SETTINGS[field.key];
  if (typeof like === 'boolean')
    return (
      <div className="setting">
        <Toggle checked={text === 'true'} onChange={(v) => onChange(String(v))}>
          {field.title}
        </Toggle>
        <small>{field.help}</small>
      </div>
    );
  return (
    <label className="setting">
      <span>{field.title}</span>
      <input
        type={typeof like === 'number' ? 'number' : 'text'}
        min={0}
        max={field.max}
        value={text}
        spellCheck={false}
        onChange={(e) => onChange(e.target.value)}
      />
      <small>{field.help}</small>
    </label>
  );
}

export function SettingsForm() {
  const [version, set_version] = useState(0);
  const loaded = useLoad('settings', version, fetch_settings);
  const [draft, set_draft] = useState<Partial<Record<Key, string>>>({});
  const [outcome, set_outcome] = useState<{ ok: boolean; text: string } | undefined>(undefined);
  const settings = loaded.data?.settings;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newly loaded version replaces what was typed
  useEffect(() => set_draft({}), [loaded.data?.version]);
  if (!settings)
    return (
      <section className="card settings">
        {loaded.error ? (
          <Notice tone="warn" title="Settings not read: ">
            {loaded.error.message}
          </Notice>
        ) : (
          <Loading active />
        )}
      </section>
    );

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const changes = Object.entries(draft).map(([key, text]) => [key, parsed(key as Key, text)]);
    save_settings({ ...settings, ...Object.fromEntries(changes) }).then(
      () => {
        set_outcome({ ok: true, text: 'Saved. Agents take it over within seconds.' });
        set_draft({});
        set_version((v) => v + 1);
      },
      (error: unknown) => set_outcome({ ok: false, text: error instanceof ApiError ? error.message : String(error) }),
    );
  };
  const changed = Object.keys(draft).length > 0;
  return (
    <form className="card settings" onSubmit={submit} data-testid="settings">
      <header>
        <h3>Settings</h3>
      </header>
      {FIELDS.filter((f) => settings[f.key] !== undefined).map((field) => (
        <FieldInput
          key={field.key}
          field={field}
          text={draft[field.key] ?? shown(settings[field.key])}
          onChange={(text) => {
            set_outcome(undefined);
            set_draft({ ...draft, [field.key]: text });
          }}
        />
      ))}
      {outcome && <Notice tone={outcome.ok ? 'good' : 'bad'} title={outcome.text} />}
      <footer>
        <button type="button" className="button" disabled={!changed} onClick={() => set_draft({})}>
          Discard
        </button>
        <button type="submit" className="button primary" disabled={!changed}>
          Save
        </button>
      </footer>
    </form>
  );
}
