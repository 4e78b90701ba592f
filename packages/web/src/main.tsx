import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { apply_theme } from './state/theme.ts';
import { PageProvider } from './state/use-page.tsx';

apply_theme();
const root = document.getElementById('root');
if (!root) throw new Error('BUG: index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <PageProvider>
      <App />
    </PageProvider>
  </StrictMode>,
);
