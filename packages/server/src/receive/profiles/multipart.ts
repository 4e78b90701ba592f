// multipart/form-data (RFC 7578): parts by their names.
import { ProfileError } from '../../formats/profile.ts';

const PARTS_MAX = 16;
const HEAD_BYTES_MAX = 4096;

export function boundary_of(content_type: string): string | undefined {
  const match = /^multipart\/form-data;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(content_type);
  return match?.[1] ?? match?.[2];
}

export function read_parts(body: Buffer, boundary: string): Map<string, Buffer> {
  const line = Buffer.from(`--${boundary}`);
  const parts = new Map<string, Buffer>();
  let at = body.indexOf(line);
  while (at >= 0) {
    const start = at + line.length;
    // The last one ends with two dashes.
    if (body.toString('latin1', start, start + 2) === '--') return parts;
    const head_end = body.indexOf('\r\n\r\n', start);
    if (head_end < 0 || head_end - start > HEAD_BYTES_MAX) break;
    at = body.indexOf(`\r\n--${boundary}`, head_end + 2);
    if (at < 0) break;
    const name = /;\s*name="([^"\r\n]*)"/i.exec(body.toString('latin1', start, head_end))?.[1];
    if (name !== undefined) parts.set(name, body.subarray(Math.min(head_end + 4, at), at));
    at += 2;
    if (parts.size > PARTS_MAX) throw new ProfileError(`The form has more than ${PARTS_MAX} parts.`, 413);
  }
  throw new ProfileError('The form (multipart/form-data) is damaged or cut short.');
}
