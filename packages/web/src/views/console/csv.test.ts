import { expect, it } from 'vitest';
import { csv_of } from './csv.ts';

it('quotes what needs quotes and disarms formulas', () => {
  const csv = csv_of({
    columns: ['a', 'b,c'],
    values: [
      ['x"y', 1],
      [null, -2],
      ['=1+1', ['p', 'q']],
      ['two\nlines', ''],
    ],
  });
  expect(csv.split('\r\n')).toEqual(['a,"b,c"', '"x""y",1', ',-2', `'=1+1,"[""p"",""q""]"`, '"two\nlines",']);
});
