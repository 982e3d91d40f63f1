/** Shows a document's text beside the answer, opened at the cited passage. */

import { useCallback, useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { contentUrl, elements as loadElements } from '../../api/knowledge';
import type { Elements } from '../../api/types';
import { useText } from '../../i18n';
import { Button, IconButton, Notice, Waiting } from '../../ui/controls';
import { Icon } from '../../ui/Icon';
import { ProblemNotice } from '../../ui/ProblemNotice';
import { useResource } from '../../ui/useResource';
import { SourceElement } from './SourceElement';
import './SourcePanel.css';
import { firstWindow, highlightOf, type SourceTarget } from './highlight';

const AROUND = 60;
const STEP = 200;

function SourceText({ document, target }: { document: Elements; target: SourceTarget }) {
  const text = useText();
  const body = useRef<HTMLDivElement>(null);
  const [[from, to], setWindow] = useState(() =>
    firstWindow(document.elements.length, target.location, AROUND),
  );
  const { passage, marks } = highlightOf(document.elements, target);
  const shown = document.elements.slice(from, to);

  useEffect(() => {
    const place = body.current?.querySelector('mark') ?? body.current?.querySelector('.in-passage');
    place?.scrollIntoView({ block: 'center' });
  }, []);

  if (document.elements.length === 0) return <Notice>{text.source.empty}</Notice>;
  return (
    <div ref={body} className="source-text">
      {target.location && passage.size === 0 && <Notice tone="warn">{text.source.moved}</Notice>}
      {from > 0 && (
        <Button small look="quiet" onClick={() => setWindow([Math.max(0, from - STEP), to])}>
          {text.source.earlier}
        </Button>
      )}
      {shown.map((element, index) => {
        const turnsPage = element.page !== null && element.page !== shown[index - 1]?.page;
        return (
          <div key={element.ordinal} className="source-place">
            {turnsPage && <p className="source-page">{text.source.page(element.page ?? 1)}</p>}
            <SourceElement
              element={element}
              inPassage={passage.has(element.ordinal)}
              marks={marks.get(element.ordinal)}
            />
          </div>
        );
      })}
      {to < document.elements.length && (
        <Button small look="quiet" onClick={() => setWindow([from, to + STEP])}>
          {text.source.later}
        </Button>
      )}
    </div>
  );
}

function Place({ target }: { target: SourceTarget }) {
  const text = useText();
  const { location } = target;
  if (!location) return null;
  const page =
    location.page === null ? [] : [text.source.pages(location.page, location.last_page ?? location.page)];
  const place = [...page, ...location.heading_path];
  return place.length > 0 ? <p className="source-path">{place.join(' › ')}</p> : null;
}

function Body({ target }: { target: SourceTarget }) {
  const text = useText();
  const load = useCallback(() => loadElements(target.documentId), [target.documentId]);
  const { value, problem, reload } = useResource(load);
  if (value) return <SourceText key={JSON.stringify(target)} document={value} target={target} />;
  if (problem) return <ProblemNotice problem={problem} again={reload} />;
  return <Waiting>{text.source.loading}</Waiting>;
}

interface SourcePanelProps {
  target: SourceTarget;
  /** On a narrow screen the panel covers everything else and is modal. */
  covers: boolean;
  onClose: () => void;
}

export function SourcePanel({ target, covers, onClose }: SourcePanelProps) {
  const text = useText();
  const titleId = useId();
  const title = useRef<HTMLHeadingElement>(null);

  useEffect(() => title.current?.focus(), [target]);

  const closeOnEscape = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose();
  };

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape closes from anywhere inside
    <aside
      className="source-panel"
      role={covers ? 'dialog' : 'complementary'}
      aria-modal={covers || undefined}
      aria-labelledby={titleId}
      onKeyDown={closeOnEscape}
    >
      <header>
        <div className="source-title">
          <h2 id={titleId} ref={title} tabIndex={-1}>
            {target.marker !== null && <span className="marker">{target.marker}</span>}
            {target.name}
          </h2>
          <IconButton icon="close" label={text.source.close} onClick={onClose} />
        </div>
        <Place target={target} />
        <a
          className="source-original"
          href={contentUrl(target.documentId, target.location?.page ?? null)}
          target="_blank"
          rel="noopener noreferrer"
        >
          {text.source.original}
          <Icon name="open" size={15} />
        </a>
      </header>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolled region must be reachable by keys */}
      <div className="source-scrolled" tabIndex={0} role="region" aria-labelledby={titleId}>
        <Body target={target} />
      </div>
    </aside>
  );
}
