import { describe, expect, it } from 'vitest';
import { Lines } from './lines.ts';

const written = (write: (lines: Lines) => void): string => {
  const parts: Buffer[] = [];
  const lines = new Lines((bytes) => parts.push(Buffer.from(bytes)));
  write(lines);
  lines.flush();
  return Buffer.concat(parts).toString();
};

describe('JSON lines', () => {
  it.each([
    ['nothing', ''],
    ['plain text', 'GET /users/7?x=1 ~'],
    ['quotes and backslashes', 'say "hi" \\ bye'],
    ['control characters', 'a\u0000\n\t\u001f\u007fz'],
    ['other scripts', 'grüße 你好 🙂'],
    ['a lone surrogate', 'x\ud800y'],
    ['more than is collected', 'ab"ü'.repeat(200_000)],
    ['plain text of more than is collected', 'x'.repeat(1_000_000)],
  ])('%s as JSON.stringify writes it', (_, text) => {
    // Not at the buffer's beginning, and the next text is not touched.
    const around = written((lines) => {
      lines.string('before');
      lines.string(text);
      lines.string('after');
    });
    expect(around).toBe(`"before"${JSON.stringify(text)}"after"`);
  });

  it.each([0, 7, 10, 99, 100, -1, -120, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1.5, 1e300, Number.NaN, -0])(
    'number %d',
    (value) => {
      expect(written((lines) => lines.number(value))).toBe(JSON.stringify(value));
    },
  );

  it('fills its buffer again and again without losing or cutting a character', () => {
    const texts = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${i % 7 === 0 ? 'é' : 'e'}`);
    const text = written((lines) => {
      for (const one of texts) {
        lines.string(one);
        lines.end_line();
      }
    });
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as string),
    ).toEqual(texts);
  });

  it('keeps zeros before the last digits', () => {
    expect(written((lines) => lines.digits(42, 6))).toBe('000042');
  });
});
