// What is selected on the map: its numbers, golden signals and connections.
import { useState } from 'react';
import { type Edge, error_ratio, service_key, sum_counts } from '../../model/edges.ts';
import { type Graph, service_name } from '../../model/graph.ts';
import { card_of } from '../../model/protocols.ts';
import type { Subject } from '../../model/queries.ts';
import { usePage } from '../../state/use-page.tsx';
import { Badge, IconButton, Segmented } from '../../widgets/basics.tsx';
import { bytes_text, count_text, duration_text, integer_text, rate_text, ratio_text } from '../../widgets/format.ts';
import { Icon, type IconName } from '../../widgets/icon.tsx';
import { GoldenCharts, useGolden } from '../detail/golden.tsx';
import { tone_of } from '../tones.ts';

export const Figure = (p: { label: string; value: string; tone?: string; test_id?: string }) => (
  <div className="figure">
    <small>{p.label}</small>
    <b className={p.tone} data-testid={p.test_id}>
      {p.value}
    </b>
  </div>
);

function Head(p: { icon: IconName; title: string; sub: string; onClose: () => void }) {
  return (
    <header className="panel-head">
      <span className="node-icon">
        <Icon name={p.icon} size={20} />
      </span>
      <div>
        <h2 title={p.title}>{p.title}</h2>
        <small>{p.sub}</small>
      </div>
      <IconButton icon="close" title="Close (Esc)" onClick={p.onClose} />
    </header>
  );
}

function Peers(p: { title: string; edges: readonly Edge[]; end: 'client' | 'server'; seconds: number }) {
  const { set } = usePage();
  if (p.edges.length === 0) return null;
  const busiest = [...p.edges].sort((a, b) => b.request - a.request);
  return (
    <section className="peers">
      <h3>{p.title}</h3>
      {busiest.slice(0, 50).map((e) => (
        <button
          type="button"
          key={e.id}
          onClick={() =>
            set({ selection: { edge: { client: e.client, server: e.server, protocol: e.protocol, is_tls: e.is_tls } } })
          }
        >
          <b>{service_name(e[p.end])}</b>
          <span className="quiet">{e.label}</span>
          <span>{e.opaque ? `${bytes_text(e.byte / p.seconds)}/s` : rate_text(e.request / p.seconds)}</span>
          <span className={tone_of(error_ratio(e))}>{e.opaque ? '' : ratio_text(error_ratio(e))}</span>
          <span>{e.opaque ? '' : duration_text(e.p95)}</span>
        </button>
      ))}
    </section>
  );
}

function Actions({ endpoints }: { endpoints: boolean }) {
  const { state, set } = usePage();
  return (
    <div className="panel-actions">
      <button
        type="button"
        className="button primary"
        data-testid="show-requests"
        onClick={() => set({ view: 'requests', endpoint: undefined })}
      >
        <Icon name="list" /> Requests
      </button>
      {endpoints && state.selection.node && (
        <>
          <button
            type="button"
            className="button"
            onClick={() =>
              set({
                view: 'services',
                by_endpoint: true,
                search: service_name(state.selection.node ?? { name: '', type: 0 }),
              })
            }
          >
            <Icon name="table" /> Endpoints
          </button>
          <button
            type="button"
            className="button"
            aria-pressed={state.neighbours}
            onClick={() => set({ neighbours: !state.neighbours })}
          >
            <Icon name="filter" /> {state.neighbours ? 'Show all' : 'Only neighbours'}
          </button>
        </>
      )}
    </div>
  );
}

function NodePanel({ graph, id, seconds }: { graph: Graph; id: string; seconds: number }) {
  const { set } = usePage();
  const node = graph.nodes.find((n) => n.id === id);
  const served = graph.edges.filter((e) => service_key(e.server) === id);
  const made = graph.edges.filter((e) => service_key(e.client) === id);
  const [side, set_side] = useState<'served' | 'made' | undefined>(undefined);
  const shown = side ?? (served.some((e) => !e.opaque) || made.length === 0 ? 'served' : 'made');
  const edges = shown === 'served' ? served : made;
  const sum = sum_counts(edges);
  const opaque = edges.every((e) => e.opaque);
  const service = node?.service ?? { name: '', type: 0 };
  const subject: Subject = shown === 'served' ? { server: service } : { client: service };
  const golden = useGolden(subject);
  if (!node) return <Gone />;
  return (
    <>
      <Head
        icon={node.icon}
        title={service_name(service)}
        sub={`${served.length} in · ${made.length} out`}
        onClose={() => set({ selection: {}, neighbours: false })}
      />
      {served.length > 0 && made.length > 0 && (
        <Segmented
          label="Calls"
          value={shown}
          onChange={set_side}
          choices={[
            { value: 'served', text: 'Calls it serves' },
            { value: 'made', text: 'Calls it makes' },
          ]}
        />
      )}
      <div className="figures four">
        <Figure label="requests/s" value={rate_text(sum.request / seconds)} test_id="panel-rps" />
        <Figure
          label="errors"
          value={ratio_text(error_ratio(sum))}
          tone={tone_of(error_ratio(sum))}
          test_id="panel-error-ratio"
        />
        <Figure label="timeouts" value={count_text(sum.timeout)} tone={sum.timeout > 0 ? 'warn' : ''} />
        <Figure label="requests" value={integer_text(sum.request)} />
      </div>
      <Actions endpoints />
      <GoldenCharts golden={golden} opaque={opaque} layout="column" />
      <Peers title="Called by" edges={served} end="client" seconds={seconds} />
      <Peers title="Calls" edges={made} end="server" seconds={seconds} />
    </>
  );
}

const Gone = () => {
  const { set } = usePage();
  return (
    <Head
      icon="clock"
      title="Not seen in this range"
      sub="It may come back with another range"
      onClose={() => set({ selection: {}, neighbours: false })}
    />
  );
};

function EdgePanel({ edge, seconds }: { edge: Edge; seconds: number }) {
  const { set } = usePage();
  const golden = useGolden({ client: edge.client, server: edge.server, protocol: edge.protocol, is_tls: edge.is_tls });
  const card = card_of(edge.protocol);
  return (
    <>
      <Head
        icon={edge.opaque ? 'lock' : 'arrow'}
        title={`${service_name(edge.client)} → ${service_name(edge.server)}`}
        sub={edge.label + (edge.is_tls && !edge.opaque ? ', encrypted' : '')}
        onClose={() => set({ selection: {}, neighbours: false })}
      />
      {edge.opaque ? (
        <div className="figures">
          <Figure label="bytes/s" value={`${bytes_text(edge.byte / seconds)}/s`} />
          <Figure label="connects" value={integer_text(edge.new_flow)} />
          <Figure
            label="failed connects"
            value={integer_text(edge.establish_fail)}
            tone={edge.establish_fail > 0 ? 'bad' : ''}
          />
        </div>
      ) : (
        <div className="figures">
          <Figure label="requests/s" value={rate_text(edge.request / seconds)} test_id="panel-rps" />
          <Figure
            label="errors"
            value={ratio_text(error_ratio(edge))}
            tone={tone_of(error_ratio(edge))}
            test_id="panel-error-ratio"
          />
          <Figure label="p50" value={duration_text(edge.p50)} test_id="panel-p50" />
          <Figure label="p95" value={duration_text(edge.p95)} test_id="panel-p95" />
          <Figure label="p99" value={duration_text(edge.p99)} test_id="panel-p99" />
          <Figure label="timeouts" value={count_text(edge.timeout)} tone={edge.timeout > 0 ? 'warn' : ''} />
        </div>
      )}
      {!edge.opaque && <Actions endpoints={false} />}
      <GoldenCharts golden={golden} opaque={edge.opaque} layout="column" />
      <section className="facts">
        {card && !edge.opaque && (
          <p>
            <Badge tone="quiet">one request</Badge> {card.unit}
          </p>
        )}
        {card && !edge.opaque && (
          <p>
            <Badge tone="quiet">errors</Badge> {card.status_meaning}
          </p>
        )}
        {edge.folded && (
          <p>
            <Badge tone={edge.folded.establish_fail > 0 ? 'warn' : 'quiet'}>also</Badge>{' '}
            {integer_text(edge.folded.new_flow)} connections whose calls were not understood,{' '}
            {bytes_text(edge.folded.byte)}, {integer_text(edge.folded.establish_fail)} failed to connect
          </p>
        )}
        <p>
          <Badge tone="quiet">seen at</Badge> {edge.points.join(', ')}; counted at {edge.point}, timed at{' '}
          {edge.timed_at}
        </p>
      </section>
    </>
  );
}

export function Panel({ graph, seconds }: { graph: Graph; seconds: number }) {
  const { node, edge } = usePage().state.selection;
  if (!node && !edge) return null;
  const found =
    edge &&
    graph.edges.find(
      (e) =>
        service_key(e.client) === service_key(edge.client) &&
        service_key(e.server) === service_key(edge.server) &&
        e.protocol === edge.protocol &&
        e.is_tls === edge.is_tls,
    );
  return (
    <aside className="panel" data-testid="panel">
      {node ? (
        <NodePanel key={service_key(node)} graph={graph} id={service_key(node)} seconds={seconds} />
      ) : found ? (
        <EdgePanel key={found.id} edge={found} seconds={seconds} />
      ) : (
        <Gone />
      )}
    </aside>
  );
}
