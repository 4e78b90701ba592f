// The frame around the views: navigation above, status below.
import { lazy, Suspense, useState } from 'react';
import { Help } from './shell/help.tsx';
import { StatusStrip } from './shell/status-strip.tsx';
import { TimePicker } from './shell/time-picker.tsx';
import { DEFAULT_PROFILE } from './state/profile.ts';
import { focus_search, useKeys } from './state/keyboard.ts';
import { useTheme } from './state/theme.ts';
import { VIEWS, type View } from './state/url.ts';
import { usePage } from './state/use-page.tsx';
import { IconButton, Loading } from './widgets/basics.tsx';
import { Icon, type IconName } from './widgets/icon.tsx';

/** Adding a view: its folder, a name in VIEWS, a line here. */
const ROUTES: Record<View, { title: string; icon: IconName; component: React.ComponentType }> = {
  map: { title: 'Map', icon: 'map', component: lazy(() => import('./views/service-map/view.tsx')) },
  services: { title: 'Services', icon: 'table', component: lazy(() => import('./views/services/view.tsx')) },
  requests: { title: 'Requests', icon: 'list', component: lazy(() => import('./views/requests/view.tsx')) },
  profile: { title: 'Profile', icon: 'flame', component: lazy(() => import('./views/profile/view.tsx')) },
  query: { title: 'Query', icon: 'terminal', component: lazy(() => import('./views/console/view.tsx')) },
  status: { title: 'Status', icon: 'pulse', component: lazy(() => import('./views/status/view.tsx')) },
};

/** What belongs to one view is left behind when another is chosen by its tab. */
const VIEW_OWNED = { search: '', sort: '', descending: true, row: '', profile: DEFAULT_PROFILE } as const;

function Logo() {
  return (
    <span className="logo">
      <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="2.6" />
        <path d="M12 4.500a7.500 7.500 0 0 1 7.500 7.500M12 1a11 11 0 0 1 11 11M12 19.500A7.500 7.500 0 0 1 4.500 12M12 23A11 11 0 0 1 1 12" />
      </svg>
      Sonde
    </span>
  );
}

export function App() {
  const { state, set, refresh } = usePage();
  const [theme, toggle_theme] = useTheme();
  const [help, set_help] = useState(false);
  const go = (view: View): void => {
    if (view !== state.view) set({ ...VIEW_OWNED, view });
  };
  const numbers = Object.fromEntries(VIEWS.map((view, i) => [String(i + 1), () => go(view)]));
  useKeys({ ...numbers, '/': focus_search, r: refresh, t: toggle_theme, '?': () => set_help(true) });
  const View = ROUTES[state.view].component;
  return (
    <div className="app" data-view={state.view}>
      <header className="top">
        <Logo />
        <nav>
          {VIEWS.map((view) => (
            <button
              type="button"
              key={view}
              aria-current={view === state.view ? 'page' : undefined}
              data-testid={`nav-${view}`}
              onClick={() => go(view)}
            >
              <Icon name={ROUTES[view].icon} /> <span>{ROUTES[view].title}</span>
            </button>
          ))}
        </nav>
        <span className="spacer" />
        <TimePicker />
        <IconButton
          icon={theme === 'dark' ? 'sun' : 'moon'}
          title="Dark or light (t)"
          onClick={toggle_theme}
          test_id="theme"
        />
        <IconButton icon="help" title="Keyboard (?)" onClick={() => set_help(true)} />
      </header>
      <main>
        <Suspense fallback={<Loading active />}>
          <View key={state.view} />
        </Suspense>
      </main>
      <StatusStrip />
      {help && <Help onClose={() => set_help(false)} />}
    </div>
  );
}
