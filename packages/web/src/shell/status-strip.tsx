// One line at the foot: are we watching, how much comes in, what was lost, how much is kept.
import type { Status } from '../api/status.ts';
import { is_lost } from '../model/why-empty.ts';
import { usePage } from '../state/use-page.tsx';
import { bytes_text, count_text, integer_text, time_text } from '../widgets/format.ts';
import { Popover } from '../widgets/popover.tsx';

function Agents({ status, now_ms }: { status: Status; now_ms: number }) {
  const { set } = usePage();
  const well = status.agents.filter((a) => a.state === 'running' && !is_lost(a, now_ms)).length;
  const tone =
    status.agents.length === 0 ? 'bad' : well === status.agents.length ? 'good' : well === 0 ? 'bad' : 'warn';
  const text = well === status.agents.length ? integer_text(well) : `${well} of ${status.agents.length} well`;
  return (
    <button
      type="button"
      className="strip-item"
      onClick={() => set({ view: 'status' })}
      data-testid="strip-agents"
      data-agents={status.agents.length}
      data-well={well}
    >
      <i className={`dot ${tone}`} /> Agents <b>{text}</b>
    </button>
  );
}

function Drops({ drops }: { drops: Status['drops'] }) {
  const lost = Object.entries(drops)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a);
  const total = lost.reduce((sum, [, n]) => sum + n, 0);
  const label = (
    <>
      Dropped <b className={total > 0 ? 'warn' : ''}>{count_text(total)}</b>
    </>
  );
  return (
    <Popover title="What was lost, and why" className="strip-item" up label={label} test_id="strip-drops">
      {() => (
        <div className="drops">
          {lost.length === 0 && <p>Nothing was lost.</p>}
          <dl className="plain">
            {lost.map(([reason, n]) => (
              <div key={reason}>
                <dt>{reason}</dt>
                <dd>{integer_text(n)}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </Popover>
  );
}

export function StatusStrip() {
  const { status, now_s, state } = usePage();
  const data = status.data;
  return (
    <footer className="strip" data-testid="strip">
      {data ? (
        <>
          <Agents status={data} now_ms={now_s * 1000} />
          <span className="strip-item">
            Rows/s <b data-testid="strip-rows">{count_text(data.rows_s)}</b>
          </span>
          <Drops drops={data.drops} />
          <span className="strip-item">
            Store <b data-testid="strip-store">{bytes_text(data.store.bytes)}</b>
          </span>
          {data.server.problems.map((p) => (
            <span key={p} className="strip-item warn" title={p}>
              {p}
            </span>
          ))}
        </>
      ) : (
        <span className="strip-item quiet">{status.error ? '' : 'Asking the server …'}</span>
      )}
      <span className="spacer" />
      {status.error && (
        <span className="strip-item bad" data-testid="strip-error">
          <i className="dot bad" /> {status.error.message}
        </span>
      )}
      <span className="strip-item quiet" title="When the page last looked">
        {time_text(now_s)}
        {state.refresh_s === 0 && ', not refreshing'}
      </span>
    </footer>
  );
}
