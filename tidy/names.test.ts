// Shared code never names a protocol: it reads the card.
import ts from 'typescript';
import { expect, it } from 'vitest';
import { CARDS } from '@sonde/protocols/cards';
import { parse, source_files } from './sources.ts';

it('no file outside of a protocol holds the name of one', () => {
  const cards = Object.values(CARDS);
  const names = new Set(cards.flatMap((card) => [card.name, card.display_name]));
  // The registry and the list of cards are the two places where a protocol is entered.
  const shared = source_files
    .filter((path) => path.startsWith('packages/'))
    .filter((path) => !/^packages\/protocols\/src\/([^/]+\/|index\.ts$|cards\.ts$)/.test(path));
  const found: string[] = [];
  for (const path of shared) {
    const file = parse(path);
    const visit = (node: ts.Node): void => {
      if ((ts.isStringLiteralLike(node) || ts.isJsxText(node)) && names.has(node.text.trim())) {
        found.push(`${path}:${file.getLineAndCharacterOfPosition(node.pos).line + 1} ${node.text}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  expect(names.size).toBeGreaterThanOrEqual(8);
  expect(found).toEqual([]);
});
