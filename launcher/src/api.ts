// What the launcher asks the server: GET /api/v1/status.
import { readFileSync } from 'node:fs';

export interface ServerStatus {
  readonly server: { readonly version: string; readonly problems: readonly string[] };
  readonly agents: readonly {
    readonly id: number;
    readonly host: string;
    readonly state: string;
    readonly problems: readonly string[];
    readonly pid?: number;
  }[];
  readonly rows_s: number;
  readonly store: { readonly bytes: number };
  readonly drops: Readonly<Record<string, number>>;
}

/** Undefined when the server does not answer. */
export const server_status = async (url: string, token_file?: string): Promise<ServerStatus | undefined> => {
  try {
    const headers: Record<string, string> = {};
    if (token_file !== undefined) headers.authorization = `Bearer ${readFileSync(token_file, 'utf8').trim()}`;
    const answer = await fetch(`${url}/api/v1/status`, { headers, signal: AbortSignal.timeout(3000) });
    if (!answer.ok) return undefined;
    return (await answer.json()) as ServerStatus;
  } catch {
    return undefined;
  }
};
