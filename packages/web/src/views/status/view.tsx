// Agents and the server: are they well, what is missing, what was lost.
import type { AgentStatus, Status } from '../../api/status.ts';
import { is_lost } from '../../model/why-empty.ts';
import { usePage } from '../../state/use-page.tsx';
import { Badge, Loading, Notice, type Tone } from '../../widgets/basics.tsx';
import { bytes_text, count_text, integer_text, span_text } from '../../widgets/format.ts';
import { Empty } from '../empty.tsx';
import { SettingsForm } from './settings.tsx';

const STATES: Readonly<Record<string, readonly [Tone, string]>> = {
  running: ['good', 'running'],
  no_ebpf: ['bad', 'cannot observe'],
  restricted: ['warn', 'restricted'],
};

/** What to do about a problem, by what it speaks of; the sentence itself comes from the agent. */
const WAYS_OUT: readonly (readonly [RegExp, string])[] = [
  [/\broot\b|capabilit|permission|EPERM/i, 'Start the agent as root (or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN).'],
  [
    /\bBTF\b|kernel/i,
    'Linux 5.17 or later with BTF (/sys/kernel/btf/vmlinux) is needed. ./sonde doctor checks each point.',
  ],
  [/libbpf|librar/i, 'Install the missing library; ./sonde up does so on Debian.'],
  [/ring|overflow|lost/i, 'Give the agent a larger ring (--ring-bytes) or one more core.'],
  [/disk|space|spool/i, 'Free some disk space or lower the limits of the data folder.'],
];
const way_out = (problem: string): string =>
  WAYS_OUT.find(([about]) => about.test(problem))?.[1] ?? './sonde doctor explains what is missing.';

function Problems({ problems }: { problems: readonly string[] }) {
  return problems.map((problem) => (
    <Notice key={problem} tone="warn" title={problem}>
      <p className="quiet small">{way_out(problem)}</p>
    </Notice>
  ));
}

function Counters({ counters }: { counters: Readonly<Record<string, number>> }) {
  const known = Object.entries(counters).sort(([a], [b]) => (a < b ? -1 : 1));
  if (known.length === 0) return null;
  return (
    <details className="counters">
      <summary>{known.length} counters</summary>
      <dl>
        {known.map(([name, n]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={String(n)}>{integer_text(n)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function AgentCard({ agent, now_ms }: { agent: AgentStatus; now_ms: number }) {
  const silent_ms = now_ms - agent.last_seen_ms;
  const lost = is_lost(agent, now_ms);
  const [tone, word] = lost
    ? (['bad', 'not reporting'] as const)
    : (STATES[agent.state] ?? (['quiet', agent.state] as const));
  return (
    <article className="card" data-testid="agent" data-state={lost ? 'lost' : agent.state}>
      <header>
        <h3>{agent.host || `agent ${agent.id}`}</h3>
        <Badge tone={tone}>{word}</Badge>
      </header>
      <p className="quiet small">
        agent {agent.id} · version {agent.version || 'unknown'} · pid {agent.pid || '?'} · heard{' '}
        {span_text(silent_ms / 1000)} ago
        {agent.started_ms > 0 && ` · up ${span_text((now_ms - agent.started_ms) / 1000)}`}
      </p>
      <Problems problems={agent.problems} />
      <Counters counters={agent.counters} />
    </article>
  );
}

function ServerCard({ status, now_ms }: { status: Status; now_ms: number }) {
  const { server, store, rows_s, drops } = status;
  const lost = Object.entries(drops)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a);
  return (
    <article className="card" data-testid="server">
      <header>
        <h3>Server</h3>
        <Badge tone={server.problems.length ? 'warn' : 'good'}>
          {server.problems.length ? 'has problems' : 'running'}
        </Badge>
      </header>
      <p className="quiet small">
        version {server.version || 'unknown'} · up {span_text((now_ms - server.started_ms) / 1000)} · data in{' '}
        <code>{server.data_dir}</code>
      </p>
      <Problems problems={server.problems} />
      <div className="figures">
        <div className="figure">
          <small>rows/s</small>
          <b>{count_text(rows_s)}</b>
        </div>
        <div className="figure">
          <small>on disk</small>
          <b>{bytes_text(store.bytes)}</b>
        </div>
        <div className="figure">
          <small>lost</small>
          <b className={lost.length ? 'warn' : 'good'}>{count_text(lost.reduce((sum, [, n]) => sum + n, 0))}</b>
        </div>
      </div>
      <div className="two-columns">
        <section>
          <h4>Rows by table</h4>
          <dl className="plain">
            {Object.entries(store.tables)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, rows]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{integer_text(rows)}</dd>
                </div>
              ))}
          </dl>
        </section>
        <section>
          <h4>Lost, by reason</h4>
          {lost.length === 0 ? (
            <p className="quiet">Nothing.</p>
          ) : (
            <dl className="plain">
              {lost.map(([reason, n]) => (
                <div key={reason}>
                  <dt>{reason}</dt>
                  <dd>{integer_text(n)}</dd>
                </div>
              ))}
            </dl>
          )}
        </section>
      </div>
    </article>
  );
}

export default function StatusView() {
  const { status, now_s } = usePage();
  const data = status.data;
  const now_ms = now_s * 1000;
  if (!data) return <div className="view">{status.error ? <Empty error={status.error} /> : <Loading active />}</div>;
  return (
    <div className="view status-view" data-testid="status">
      <div className="cards">
        {status.error && (
          <Notice tone="bad" title="Not up to date: ">
            {status.error.message}
          </Notice>
        )}
        <ServerCard status={data} now_ms={now_ms} />
        {data.agents.length === 0 && <Empty />}
        {data.agents.map((agent) => (
          <AgentCard key={agent.id} agent={agent} now_ms={now_ms} />
        ))}
      </div>
      <SettingsForm />
    </div>
  );
}
