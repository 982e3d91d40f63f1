/** Draws parsed Markdown with React elements; what a citation looks like is the caller's choice. */

import { Fragment, useMemo, type ReactNode } from 'react';
import './Markdown.css';
import { parseMarkdown, type Block, type Inline, type ListItem } from './markdown';

type Cite = (marker: number) => ReactNode;

function drawInline(node: Inline, cite: Cite): ReactNode {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'break':
      return <br />;
    case 'code':
      return <code>{node.text}</code>;
    case 'strong':
      return <strong>{drawAll(node.children, cite)}</strong>;
    case 'emphasis':
      return <em>{drawAll(node.children, cite)}</em>;
    case 'link':
      return (
        <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
          {drawAll(node.children, cite)}
        </a>
      );
    case 'citation':
      return cite(node.marker);
  }
}

function drawAll(nodes: readonly Inline[], cite: Cite): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{drawInline(node, cite)}</Fragment>);
}

function drawItem(item: ListItem, index: number, cite: Cite): ReactNode {
  return (
    <li key={index}>
      {drawAll(item.children, cite)}
      {item.nested.map((block, place) => drawBlock(block, place, cite))}
    </li>
  );
}

function drawTable(block: Extract<Block, { type: 'table' }>, key: number, cite: Cite): ReactNode {
  return (
    <div key={key} className="markdown-scroll">
      <table>
        <thead>
          <tr>
            {block.head.map((cell, index) => (
              <th key={index}>{drawAll(cell, cite)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>{drawAll(cell, cite)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function drawBlock(block: Block, key: number, cite: Cite): ReactNode {
  switch (block.type) {
    case 'paragraph':
      return <p key={key}>{drawAll(block.children, cite)}</p>;
    case 'heading':
      // Below the question's own heading: an answer never outranks the page it stands on.
      return block.level <= 2 ? (
        <h3 key={key}>{drawAll(block.children, cite)}</h3>
      ) : (
        <h4 key={key}>{drawAll(block.children, cite)}</h4>
      );
    case 'code':
      return (
        <pre key={key}>
          <code>{block.text}</code>
        </pre>
      );
    case 'quote':
      return (
        <blockquote key={key}>{block.blocks.map((inner, place) => drawBlock(inner, place, cite))}</blockquote>
      );
    case 'list': {
      const items = block.items.map((item, place) => drawItem(item, place, cite));
      return block.ordered ? (
        <ol key={key} start={block.start}>
          {items}
        </ol>
      ) : (
        <ul key={key}>{items}</ul>
      );
    }
    case 'table':
      return drawTable(block, key, cite);
    case 'rule':
      return <hr key={key} />;
  }
}

export function Markdown({ text, cite }: { text: string; cite: Cite }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div className="markdown">{blocks.map((block, index) => drawBlock(block, index, cite))}</div>;
}
