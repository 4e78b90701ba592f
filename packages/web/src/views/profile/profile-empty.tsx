// No profiles: why, and the way to some.
import { useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { fetch_settings, save_settings } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { usePage } from '../../state/use-page.tsx';
import { Notice } from '../../widgets/basics.tsx';
import { Empty } from '../empty.tsx';

/** Samples a second and CPU: what other profilers take, and no multiple of what programs do by the clock. */
const USUAL_HZ = 99;

export function ProfileEmpty(p: { error: ApiError | undefined; hidden: boolean; onClear: () => void }) {
  const { set } = usePage();
  const [version, set_version] = useState(0);
  const [problem, set_problem] = useState<string | undefined>(undefined);
  const settings = useLoad('settings', version, fetch_settings).data?.settings;
  const off = settings?.profile_hz === 0;
  const turn_on = (): void => {
    if (!settings) return;
    set_problem(undefined);
    save_settings({ ...settings, profile_hz: USUAL_HZ }).then(
      () => set_version((v) => v + 1),
      (error: unknown) => set_problem(error instanceof ApiError ? error.message : String(error)),
    );
  };
  if (!p.error && !settings) return null;
  return (
    <Empty error={p.error} hidden={p.hidden && !off} onClear={p.onClear} profile_hz={settings?.profile_hz ?? 0}>
      {off && !p.error && (
        <div className="empty-actions">
          <button type="button" className="button primary" onClick={turn_on} data-testid="profiles-on">
            Sample {USUAL_HZ} times a second
          </button>
          <button type="button" className="button" onClick={() => set({ view: 'status' })}>
            Settings
          </button>
        </div>
      )}
      {problem && <Notice tone="bad" title={problem} />}
    </Empty>
  );
}
