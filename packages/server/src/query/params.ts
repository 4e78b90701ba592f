// Values of a statement. They travel beside the SQL text as typed parameters and never become part of it.

export type ParamValue = string | number | bigint | readonly (string | number)[];
export type ParamType =
  | 'String'
  | 'Int64'
  | 'UInt64'
  | 'UInt32'
  | 'Float64'
  | 'IPv4'
  | 'IPv6'
  | 'Array(String)'
  | 'Array(Int64)';

export type Bind = (value: ParamValue, type: ParamType) => string;

/** Equal values share one parameter, so that equal expressions stay equal as text. */
export class Params {
  readonly values: Record<string, ParamValue> = {};
  readonly #known = new Map<string, string>();

  readonly bind: Bind = (value, type) => {
    const key = `${type} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
    let placeholder = this.#known.get(key);
    if (placeholder === undefined) {
      const name = `p${this.#known.size}`;
      placeholder = `{${name}:${type}}`;
      this.#known.set(key, placeholder);
      this.values[name] = value;
    }
    return placeholder;
  };
}
