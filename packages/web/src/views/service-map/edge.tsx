// One edge on the map: a protocol between two services, with its numbers.
import { BaseEdge, type Edge as FlowEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react';
import { memo } from 'react';
import { type Edge, error_ratio, trouble_ratio } from '../../model/edges.ts';
import { service_name } from '../../model/graph.ts';
import { bytes_text, count_text, duration_text, rate_text, ratio_text } from '../../widgets/format.ts';
import { tone_of } from '../tones.ts';
import { type LabelKind, LABELS, type Point, path_of } from './layout.ts';

export type CallEdge = FlowEdge<
  {
    edge: Edge;
    seconds: number;
    faded: boolean;
    selected: boolean;
    labels: LabelKind;
    route: { bends: readonly Point[]; label: Point } | undefined;
    onOpen: (edge: Edge) => void;
  },
  'call'
>;

/** 1 call/s is a thin line, each power of ten adds to it. */
const width_of = (edge: Edge, seconds: number): number =>
  edge.opaque ? 1 : 1.4 + Math.min(Math.log10(1 + edge.request / seconds), 4) * 0.9;

const opaque_text = (e: Edge, seconds: number): string => {
  const parts: string[] = [];
  if (e.byte > 0) parts.push(`${bytes_text(e.byte / seconds)}/s`);
  if (e.new_flow > 0) parts.push(`${count_text(e.new_flow)} ${e.new_flow === 1 ? 'connect' : 'connects'}`);
  if (e.establish_fail > 0) parts.push(`${count_text(e.establish_fail)} failed`);
  return parts.join(' · ') || 'idle';
};

const Times = ({ edge }: { edge: Edge }) => (
  <>
    {duration_text(edge.p50)} · <span className="p95">{duration_text(edge.p95)}</span> · {duration_text(edge.p99)}
  </>
);

function LabelText({ edge, seconds, compact }: { edge: Edge; seconds: number; compact: boolean }) {
  if (edge.opaque)
    return (
      <>
        <span className="line">
          {edge.label} {compact && <span className="quiet">{opaque_text(edge, seconds)}</span>}
        </span>
        {!compact && <span className="line quiet">{opaque_text(edge, seconds)}</span>}
      </>
    );
  const tone = tone_of(trouble_ratio(edge));
  return (
    <>
      <span className="line">
        <b>{edge.label}</b> {rate_text(edge.request / seconds)}{' '}
        <em className={tone}>{ratio_text(error_ratio(edge))}</em>
        {compact && <span className="quiet"> · {duration_text(edge.p95)}</span>}
      </span>
      {!compact && (
        <span className="line quiet">
          <Times edge={edge} />
        </span>
      )}
    </>
  );
}

const title_of = (e: Edge, seconds: number): string =>
  e.opaque
    ? `${e.label}: ${opaque_text(e, seconds)}`
    : `${e.label}: ${rate_text(e.request / seconds)}, ${ratio_text(error_ratio(e))} errors\n` +
      `p50 ${duration_text(e.p50)}, p95 ${duration_text(e.p95)}, p99 ${duration_text(e.p99)}`;

/** Numbers of an edge for whoever reads the page by program. Times in us, ratio 0..1. */
const data_of = (e: Edge, seconds: number): Record<string, string | number> => ({
  'data-client': service_name(e.client),
  'data-server': service_name(e.server),
  'data-protocol': e.label,
  'data-requests': e.request,
  'data-errors': e.client_error + e.server_error,
  'data-timeouts': e.timeout,
  'data-rps': e.request / seconds,
  'data-error-ratio': error_ratio(e) ?? '',
  'data-p50': e.p50 ?? '',
  'data-p95': e.p95 ?? '',
  'data-p99': e.p99 ?? '',
  'data-bytes': e.byte,
  'data-connects': e.new_flow,
  'data-connect-failures': e.establish_fail,
  'data-counted-at': e.point,
  'data-timed-at': e.timed_at,
});

export const CallEdgeView = memo(function CallEdgeView(p: EdgeProps<CallEdge>) {
  if (!p.data) return null;
  const { edge, seconds, route, onOpen } = p.data;
  const [curve, curve_x, curve_y] = getBezierPath(p);
  const path = route ? path_of(route.bends) : curve;
  const label = route?.label ?? { x: curve_x, y: curve_y };
  const tone = edge.establish_fail > 0 && edge.opaque ? 'warn' : tone_of(trouble_ratio(edge));
  const marks = `${tone} ${edge.opaque ? 'opaque' : ''} ${p.data.faded ? 'faded' : ''} ${p.data.selected ? 'selected' : ''}`;
  return (
    <>
      <g className={`call-edge ${marks}`}>
        <BaseEdge path={path} style={{ strokeWidth: width_of(edge, seconds) }} markerEnd={`url(#arrow-${tone})`} />
      </g>
      <EdgeLabelRenderer>
        <button
          type="button"
          className={`edge-label nodrag nopan ${marks} ${route ? '' : 'unplaced'}`}
          style={{
            ...LABELS[p.data.labels],
            transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)`,
          }}
          title={title_of(edge, seconds)}
          data-testid="edge"
          {...data_of(edge, seconds)}
          onClick={() => onOpen(edge)}
        >
          <LabelText edge={edge} seconds={seconds} compact={p.data.labels === 'compact'} />
        </button>
      </EdgeLabelRenderer>
    </>
  );
});
