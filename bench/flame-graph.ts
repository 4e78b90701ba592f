// Zoom and pan of a flame graph of 100,000 frames in Chromium, drawn by software: time of the page's own code a drawing, and between
// drawings. Frames are all about equally narrow, so that as many as can be are told apart: the most that can be asked of a drawing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '../packages/records/src/index.ts';
import { open_chromium } from '../packages/web/test/chromium.ts';
import { healthy_status, start_fixture } from '../packages/web/test/fixture-server.ts';
import { answer_statement, answer_tracing, many_samples } from '../packages/web/test/samples.ts';
import { median, print_goal, print_runs } from './lib/report.ts';

const GOAL_MS = 16;
const MOVES = 60;
const ROUNDS = 5;

/** Runs in the page: moves, a drawing each, and times what the page does in them. */
const MEASURE = `async (moves, zoom) => {
  const box = document.querySelector('[data-testid=flame-on-cpu-box]');
  const { left, top, width } = box.getBoundingClientRect();
  const real = window.requestAnimationFrame.bind(window);
  const [own, between] = [[], []];
  let before;
  window.requestAnimationFrame = (run) => real((now) => {
    const begun = performance.now();
    run(now);
    own.push(performance.now() - begun);
  });
  for (let i = 0; i < moves; i++) {
    const way = i < moves / 2 ? -1 : 1;
    box.dispatchEvent(new WheelEvent('wheel', { deltaY: way * 12, ctrlKey: zoom, shiftKey: !zoom, clientX: left + width / 3, clientY: top + 5, cancelable: true }));
    const now = await new Promise((done) => real(done));
    if (before !== undefined) between.push(now - before);
    before = now;
  }
  window.requestAnimationFrame = real;
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return { own: middle(own), worst: Math.max(...own), between: middle(between), rectangles: Number(box.dataset.rectangles) };
}`;
interface Measured {
  own: number;
  worst: number;
  between: number;
  rectangles: number;
}

const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-flame-'));
const to = Math.floor(Date.now() / 1000);
const samples = many_samples(to - 10, 4000);
const fixture = await start_fixture(join(import.meta.dirname, '../dist/web'), {
  facts: [],
  status: healthy_status(Date.now()),
  settings: DEFAULT_SETTINGS,
  refusal: undefined,
  query: async ({ sql }) => answer_statement(sql, samples),
  tracing: (asked) => answer_tracing(asked, samples),
});
const { context, page } = await open_chromium(join(folder, 'profile'));
try {
  await page.goto(`${fixture.url}/?view=profile&from=${to - 300}&to=${to}&refresh=0&show=icicle`);
  const frames = await page.locator('[data-testid=flame-on-cpu]').getAttribute('data-frames');
  await page.locator('[data-testid=flame-on-cpu-box][data-rectangles]').waitFor();
  for (const zoom of [true, false]) {
    const runs: Measured[] = [];
    for (let round = 0; round <= ROUNDS; round++)
      runs.push((await page.evaluate(`(${MEASURE})(${MOVES}, ${zoom})`)) as Measured);
    // The engine compiles the drawing while the first round runs.
    runs.shift();
    const of = (what: keyof Measured): number[] => runs.map((run) => run[what]);
    console.log(`${zoom ? 'zoom' : 'pan'} over ${frames} frames, ${runs.at(-1)!.rectangles} rectangles`);
    print_runs('  own code a drawing', 'ms', of('own'), 1);
    print_runs('  own code, slowest drawing', 'ms', of('worst'), 1);
    print_runs('  between drawings', 'ms', of('between'), 1);
    print_goal({ text: `own code a drawing in ${GOAL_MS} ms`, met: median(of('own')) <= GOAL_MS });
  }
} finally {
  await context.close();
  await fixture.close();
  rmSync(folder, { recursive: true, force: true });
}
