// What the profile view shows, as parts of the URL.
import { FOLDABLE, type Foldable } from '../model/profile/fold.ts';
import type { Span } from '../model/sql.ts';

export const SHAPES = ['flame', 'icicle', 'sandwich', 'table'] as const;
export type Shape = (typeof SHAPES)[number];

/** What the shown profile is compared with. */
export type Against =
  | { readonly kind: 'nothing' }
  /** The span just before, of the same length. */
  | { readonly kind: 'before' }
  | { readonly kind: 'span'; readonly span: Span }
  | { readonly kind: 'service'; readonly service: string };

export interface ProfileState {
  /** '' = all. */
  readonly service: string;
  readonly process: number | undefined;
  /** Type of event; '' = what there is, on and off the CPU side by side. */
  readonly event: string;
  readonly shape: Shape;
  readonly folded: readonly Foldable[];
  /** Part of the page's range; undefined = all of it. */
  readonly part: Span | undefined;
  readonly against: Against;
  /** Path of the frame zoomed to (model/profile/tree.ts, path_hashes); '' = everything. */
  readonly focus: string;
  /** Function of the sandwich; '' = the one with the most self value. */
  readonly fn: string;
}

export const DEFAULT_PROFILE: ProfileState = {
  service: '',
  process: undefined,
  event: '',
  shape: 'flame',
  folded: [],
  part: undefined,
  against: { kind: 'nothing' },
  focus: '',
  fn: '',
};

/** 'from-to', seconds. */
function parse_span(text: string | null): Span | undefined {
  const parts = /^(\d{1,10})-(\d{1,10})$/.exec(text ?? '');
  const [from_s, to_s] = [Number(parts?.[1]), Number(parts?.[2])];
  return parts && from_s > 0 && to_s > from_s && to_s < 4e9 ? { from_s, to_s } : undefined;
}
const span_text = ({ from_s, to_s }: Span): string => `${from_s}-${to_s}`;

function parse_against(p: URLSearchParams): Against {
  const service = p.get('vs_service');
  if (service !== null) return { kind: 'service', service };
  if (p.get('vs') === 'before') return { kind: 'before' };
  const span = parse_span(p.get('vs'));
  return span ? { kind: 'span', span } : DEFAULT_PROFILE.against;
}

export function parse_profile(p: URLSearchParams): ProfileState {
  const process = p.get('pid') ?? '';
  const folded = (p.get('fold') ?? '').split(',');
  return {
    service: p.get('service') ?? '',
    process: /^\d{1,10}$/.test(process) ? Number(process) : undefined,
    event: p.get('event') ?? '',
    shape: SHAPES.find((s) => s === p.get('show')) ?? DEFAULT_PROFILE.shape,
    folded: FOLDABLE.filter((what) => folded.includes(what)),
    part: parse_span(p.get('part')),
    against: parse_against(p),
    focus: /^[0-9a-f]{16}$/.test(p.get('at') ?? '') ? p.get('at')! : '',
    fn: p.get('fn') ?? '',
  };
}

export function write_profile(p: URLSearchParams, s: ProfileState): void {
  const put = (name: string, value: string): void => {
    if (value !== '') p.set(name, value);
  };
  put('service', s.service);
  put('pid', s.process === undefined ? '' : String(s.process));
  put('event', s.event);
  put('show', s.shape === DEFAULT_PROFILE.shape ? '' : s.shape);
  put('fold', s.folded.join(','));
  put('part', s.part ? span_text(s.part) : '');
  if (s.against.kind === 'before') p.set('vs', 'before');
  if (s.against.kind === 'span') p.set('vs', span_text(s.against.span));
  if (s.against.kind === 'service') p.set('vs_service', s.against.service);
  put('at', s.focus);
  put('fn', s.fn);
}
