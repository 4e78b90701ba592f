// Golden signals of a subject as charts over the range.
import { query_rows } from '../../api/query.ts';
import { type Loaded, useLoad } from '../../api/use-load.ts';
import { type GoldenSeries, golden_series } from '../../model/golden.ts';
import { type Subject, series_counts_statement, series_times_statement } from '../../model/queries.ts';
import { bucket_seconds } from '../../state/range.ts';
import { useTheme } from '../../state/theme.ts';
import { usePage } from '../../state/use-page.tsx';
import { useAsked } from '../filter-bar.tsx';
import { Loading, Notice } from '../../widgets/basics.tsx';
import { Chart } from '../../widgets/chart.tsx';
import { bytes_text, duration_text, rate_text } from '../../widgets/format.ts';

export function useGolden(about: Subject): Loaded<GoldenSeries> {
  const { window, now_s, state, tick } = usePage();
  const { conditions } = useAsked();
  const subject = { ...about, conditions };
  const key = JSON.stringify([subject, state.range]);
  return useLoad(key, tick, async (signal) => {
    const bucket = bucket_seconds(window);
    const [counts, times] = await Promise.all([
      query_rows(series_counts_statement(window, bucket, subject), signal),
      query_rows(series_times_statement(window, bucket, subject), signal),
    ]);
    return golden_series(counts, times, window, bucket, now_s);
  });
}

const percent = (v: number): string => `${v >= 10 || v === 0 ? v.toFixed(0) : v.toFixed(v < 1 ? 2 : 1)}%`;

interface Props {
  readonly golden: Loaded<GoldenSeries>;
  /** Bytes instead of calls. */
  readonly opaque?: boolean;
  readonly layout: 'column' | 'row';
  readonly height?: number;
}

export function GoldenCharts({ golden, opaque = false, layout, height = 132 }: Props) {
  const { set } = usePage();
  const [theme] = useTheme();
  const data = golden.data;
  if (!data && golden.error)
    return (
      <Notice tone="bad" title="No charts">
        {golden.error.message}
      </Notice>
    );
  const time_s = data?.time_s ?? [];
  const common = {
    time_s,
    theme,
    height,
    sync: 'golden',
    onSpan: (from_s: number, to_s: number) => set({ range: { kind: 'fixed', from_s, to_s } }),
  };
  const bytes = [{ name: 'bytes', color: '--c-rate', values: data?.byte_s ?? [], fill: true }];
  return (
    <div className={`charts ${layout} ${golden.stale ? 'dim' : ''}`} data-testid="golden-charts">
      <Loading active={golden.loading && !data} />
      {opaque ? (
        <Chart {...common} title="Bytes/s" format={(v) => bytes_text(v)} lines={bytes} />
      ) : (
        <>
          <Chart
            {...common}
            title="Requests/s"
            format={rate_text}
            test_id="chart-requests"
            lines={[{ name: 'requests', color: '--c-rate', values: data?.request_s ?? [], fill: true }]}
          />
          <Chart
            {...common}
            title="Errors"
            format={percent}
            test_id="chart-errors"
            lines={[
              { name: 'server', color: '--c-bad', values: data?.server_error_percent ?? [], fill: true },
              { name: 'client', color: '--c-warn', values: data?.client_error_percent ?? [] },
              { name: 'timeout', color: '--c-timeout', values: data?.timeout_percent ?? [] },
            ]}
          />
          <Chart
            {...common}
            title="Response time"
            format={duration_text}
            test_id="chart-latency"
            lines={[
              { name: 'p50', color: '--c-p50', values: data?.p50 ?? [] },
              { name: 'p95', color: '--c-p95', values: data?.p95 ?? [] },
              { name: 'p99', color: '--c-p99', values: data?.p99 ?? [] },
            ]}
          />
        </>
      )}
    </div>
  );
}
