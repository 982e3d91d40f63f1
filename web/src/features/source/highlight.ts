/** Where the cited words stand among a document's elements. Pure. */

import type { Citation, Element, Location } from '../../api/types';

/** What the source panel shall open at. */
export interface SourceTarget {
  documentId: string;
  name: string;
  marker: number | null;
  location: Location | null;
  quote: string | null;
}

export function targetOf(citation: Citation): SourceTarget {
  return {
    documentId: citation.document_id,
    name: citation.document_name,
    marker: citation.marker,
    location: citation.location,
    quote: citation.quote,
  };
}

/** A range in an element's text, in UTF-16 units as JavaScript slices. */
export type Range = readonly [from: number, to: number];

export interface Highlight {
  /** Ordinals of the passage's elements. */
  passage: ReadonlySet<number>;
  /** Ranges of the quote, by the element's ordinal. */
  marks: ReadonlyMap<number, readonly Range[]>;
}

interface Place {
  ordinal: number;
  offset: number;
}

/** All visible characters of the elements in a row, each with its place: line breaks and spaces differ too easily. */
function visibleCharacters(elements: readonly Element[]): { text: string; places: Place[] } {
  const places: Place[] = [];
  let text = '';
  for (const element of elements) {
    for (let offset = 0; offset < element.text.length; offset += 1) {
      const character = element.text[offset] ?? '';
      if (/\s/.test(character)) continue;
      text += character;
      places.push({ ordinal: element.ordinal, offset });
    }
  }
  return { text, places };
}

function marksOf(elements: readonly Element[], quote: string): Map<number, readonly Range[]> {
  const marks = new Map<number, readonly Range[]>();
  const wanted = quote.replace(/\s+/g, '');
  const { text, places } = visibleCharacters(elements);
  const found = wanted === '' ? -1 : text.indexOf(wanted);
  if (found < 0) return marks;
  for (const { ordinal, offset } of places.slice(found, found + wanted.length)) {
    const from = marks.get(ordinal)?.[0]?.[0] ?? offset;
    marks.set(ordinal, [[from, offset + 1]]);
  }
  return marks;
}

/** The passage's elements and the quote in them; a quote that is not there leaves the passage alone highlighted. */
export function highlightOf(elements: readonly Element[], target: SourceTarget): Highlight {
  const { location, quote } = target;
  if (!location) return { passage: new Set(), marks: new Map() };
  const inside = elements.filter(
    ({ ordinal }) => ordinal >= location.element && ordinal <= location.last_element,
  );
  return {
    passage: new Set(inside.map(({ ordinal }) => ordinal)),
    marks: quote ? marksOf(inside, quote) : new Map(),
  };
}

export interface Piece {
  text: string;
  marked: boolean;
}

/** Cuts `text`, which begins at `offset` of its element, where marks begin and end. */
export function piecesOf(text: string, offset: number, ranges: readonly Range[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    const from = Math.min(Math.max(start - offset, at), text.length);
    const to = Math.min(Math.max(end - offset, from), text.length);
    if (to === from) continue;
    if (from > at) pieces.push({ text: text.slice(at, from), marked: false });
    pieces.push({ text: text.slice(from, to), marked: true });
    at = to;
  }
  if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at), marked: false });
  return pieces;
}

export interface TableCell {
  text: string;
  offset: number;
}

const CELL_BORDER = ' | ';

/** A table element's text (a line a row, cells joined by " | ") as rows of cells that know where they begin. */
export function tableRows(text: string): TableCell[][] {
  let offset = 0;
  return text.split('\n').map((line) => {
    const row = line.split(CELL_BORDER).map((cell) => {
      const placed = { text: cell, offset };
      offset += cell.length + CELL_BORDER.length;
      return placed;
    });
    offset += 1 - CELL_BORDER.length;
    return row;
  });
}

/** The slice of a long document that is drawn at first: the passage and what surrounds it. */
export function firstWindow(count: number, location: Location | null, around: number): Range {
  if (!location) return [0, Math.min(count, 2 * around)];
  return [Math.max(0, location.element - around), Math.min(count, location.last_element + 1 + around)];
}
