// The browser of the tests: Debian's, with a profile of its own that nothing was stored in.
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const ARGUMENTS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

export interface Opened {
  context: BrowserContext;
  page: Page;
  /** What scripts of the page threw and did not catch, in order. */
  errors: string[];
}

/** `profile`: a folder that does not exist yet. Close the context. */
export async function open_chromium(profile: string): Promise<Opened> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1440, height: 900 },
    args: ARGUMENTS.split(' '),
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return { context, page, errors };
}
