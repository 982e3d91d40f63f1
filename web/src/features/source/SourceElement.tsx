/** One parsed block of a document, with the cited words marked. */

import { Fragment, memo, type ReactNode } from 'react';
import type { Element } from '../../api/types';
import { piecesOf, tableRows, type Range } from './highlight';

const NO_MARKS: readonly Range[] = [];

function marked(text: string, offset: number, ranges: readonly Range[]): ReactNode {
  return piecesOf(text, offset, ranges).map((piece, index) =>
    piece.marked ? <mark key={index}>{piece.text}</mark> : <Fragment key={index}>{piece.text}</Fragment>,
  );
}

function SourceTable({ text, marks }: { text: string; marks: readonly Range[] }) {
  return (
    <div className="source-scroll">
      <table>
        <tbody>
          {tableRows(text).map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>{marked(cell.text, cell.offset, marks)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function contentOf(element: Element, marks: readonly Range[]): ReactNode {
  const text = marked(element.text, 0, marks);
  switch (element.kind) {
    case 'heading':
      return (element.level ?? 1) <= 2 ? <h3>{text}</h3> : <h4>{text}</h4>;
    case 'code':
      return (
        <pre>
          <code>{text}</code>
        </pre>
      );
    case 'table':
      return <SourceTable text={element.text} marks={marks} />;
    case 'list_item':
      return <p className="source-item">{text}</p>;
    default:
      return <p>{text}</p>;
  }
}

interface SourceElementProps {
  element: Element;
  inPassage: boolean;
  marks?: readonly Range[] | undefined;
}

export const SourceElement = memo(function SourceElement({
  element,
  inPassage,
  marks = NO_MARKS,
}: SourceElementProps) {
  return (
    <div
      className={inPassage ? 'source-element in-passage' : 'source-element'}
      data-ordinal={element.ordinal}
    >
      {contentOf(element, marks)}
    </div>
  );
});
