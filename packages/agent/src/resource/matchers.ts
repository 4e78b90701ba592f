// Rules by which processes get another name or are not observed: in order, the first that matches counts (deepflow.md section 9.1).
import type { ProcessMatcher } from '@sonde/records';
import { linear_regexp } from '@sonde/records/matcher';

/** Texts are looked at up to here. */
const CHARS_MAX = 4096;
const NAME_CHARS_MAX = 256;

/** What rules look at. */
export interface Candidate {
  readonly name: string;
  readonly args: readonly string[];
  readonly in_container: boolean;
  /** Names of those that started it, nearest first. */
  readonly ancestors: readonly string[];
}
export interface Matched {
  readonly ignore: boolean;
  /** '' = stays as it is. */
  readonly name: string;
}
const UNMATCHED: Matched = { ignore: false, name: '' };

interface Rule extends ProcessMatcher {
  readonly regexp: RegExp;
}

export class Matchers {
  private readonly rules: readonly Rule[];
  private readonly env: Readonly<Record<string, string | undefined>>;

  /** A rule that cannot be used, which a server of another version may send, is left out. `env`: what %NAME% stands for. */
  constructor(rules: readonly ProcessMatcher[], env: Readonly<Record<string, string | undefined>>) {
    this.env = env;
    this.rules = rules.flatMap((rule) => {
      const regexp = typeof rule?.match_regex === 'string' ? linear_regexp(rule.match_regex) : undefined;
      return regexp === undefined ? [] : [{ ...rule, regexp }];
    });
  }

  get empty(): boolean {
    return this.rules.length === 0;
  }

  find(candidate: Candidate): Matched {
    for (const rule of this.rules) {
      if (rule.only_in_container && !candidate.in_container) continue;
      for (const text of texts_of(rule, candidate)) {
        const match = rule.regexp.exec(text.slice(0, CHARS_MAX));
        if (match !== null) return { ignore: rule.ignore, name: this.renamed(rule, match) };
      }
    }
    return UNMATCHED;
  }

  private renamed(rule: Rule, match: RegExpExecArray): string {
    // A parent's name says which process is meant, not what it is called.
    if (rule.match_type === 'parent_process_name') return '';
    return rule.rewrite_name
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_whole, braced?: string, plain?: string) => {
        const group = braced ?? plain ?? '';
        return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? '';
      })
      .replace(/%(\w+)%/g, (_whole, name: string) => this.env[name] ?? '')
      .slice(0, NAME_CHARS_MAX);
  }
}

function texts_of({ match_type }: Rule, { name, args, ancestors }: Candidate): readonly string[] {
  if (match_type === 'process_name') return [name];
  if (match_type === 'cmdline') return [args[0] ?? ''];
  return match_type === 'cmdline_with_args' ? [args.join(' ')] : ancestors;
}
