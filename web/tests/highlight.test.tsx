/** The cited words are found in the document's text, whatever stands between them. */

import { render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import {
  firstWindow,
  highlightOf,
  piecesOf,
  tableRows,
  type SourceTarget,
} from '../src/features/source/highlight';
import { SourceElement } from '../src/features/source/SourceElement';
import { element, location } from './builders';

const ELEMENTS = [
  element(0, 'Fees', 'heading'),
  element(1, 'The fee is\n35  euros. Every night counts.'),
  element(2, '每晚收费三十五欧元。另付押金。'),
  element(3, 'The fee is 35 euros.'),
];
const target = (quote: string | null): SourceTarget => ({
  documentId: 'd1',
  name: 'rules.md',
  marker: 1,
  location,
  quote,
});

function marked(quote: string): string[] {
  const { marks } = highlightOf(ELEMENTS, target(quote));
  return ELEMENTS.map(({ ordinal, text }) =>
    piecesOf(text, 0, marks.get(ordinal) ?? [])
      .filter((piece) => piece.marked)
      .map((piece) => piece.text)
      .join(''),
  );
}

describe('the quote', () => {
  it('is found across line breaks and doubled spaces, inside the passage alone', () => {
    expect(marked('The fee is 35 euros.')).toEqual(['', 'The fee is\n35  euros.', '', '']);
  });

  it('is found in Chinese and across two elements', () => {
    expect(marked('三十五欧元。')).toEqual(['', '', '三十五欧元。', '']);
    expect(marked('Every night counts. 每晚收费')).toEqual(
      ['', '', '', ''].with(1, 'Every night counts.').with(2, '每晚收费'),
    );
  });

  it('that is not there leaves the passage highlighted and nothing marked', () => {
    const { passage, marks } = highlightOf(ELEMENTS, target('no such words'));
    expect([...passage]).toEqual([1, 2]);
    expect(marks.size).toBe(0);
  });

  it('is drawn as a mark, whose neighbours keep their text', () => {
    const { marks } = highlightOf(ELEMENTS, target('三十五欧元'));
    const drawn = render(<SourceElement element={ELEMENTS[2]!} inPassage marks={marks.get(2)} />).container;
    expect(drawn.querySelector('mark')?.textContent).toBe('三十五欧元');
    expect(drawn.textContent).toBe(ELEMENTS[2]!.text);
  });

  it('is marked inside a table, cell by cell', () => {
    const table = element(1, 'Boat | Fee\nSmall | 35 euros', 'table');
    const { marks } = highlightOf([table], target('Small | 35'));
    const drawn = render(<SourceElement element={table} inPassage marks={marks.get(1)} />).container;
    expect([...drawn.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual(['Small', '35']);
  });
});

describe('pieces', () => {
  it('put together are the text again, for any ranges', () => {
    for (const ranges of [
      [],
      [[0, 3]],
      [[2, 99]],
      [
        [1, 2],
        [2, 4],
      ],
      [[7, 9]],
    ] as [number, number][][]) {
      expect(
        piecesOf('abcdef', 0, ranges)
          .map(({ text }) => text)
          .join(''),
      ).toBe('abcdef');
    }
  });

  it('of a table know where they begin', () => {
    const text = 'a | bb\nccc | d';
    for (const cell of tableRows(text).flat())
      expect(text.slice(cell.offset, cell.offset + cell.text.length)).toBe(cell.text);
  });
});

it('a long document opens around the passage', () => {
  expect(firstWindow(1000, { ...location, element: 500, last_element: 501 }, 60)).toEqual([440, 562]);
  expect(firstWindow(10, location, 60)).toEqual([0, 10]);
  expect(firstWindow(1000, null, 60)).toEqual([0, 120]);
});
