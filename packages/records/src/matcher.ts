// Regular expressions that people write into settings, run on whatever processes call themselves: in linear time, as DeepFlow's are. V8's
// usual engine tries every way to match, and DeepFlow's own defaults take for ever on a long path.
import { setFlagsFromString } from 'node:v8';

/** Undefined for what is no regular expression, or cannot be matched in linear time (references back, looks ahead and behind). */
export function linear_regexp(source: string): RegExp | undefined {
  setFlagsFromString('--enable-experimental-regexp-engine');
  try {
    // Names of groups are written (?P<NAME>...) in the syntax that DeepFlow takes.
    return new RegExp(source.replaceAll('(?P<', '(?<'), 'l');
  } catch {
    return undefined;
  }
}
