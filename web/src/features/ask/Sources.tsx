/** What an answer rests on, or what was looked at in vain, as a list of places to open. */

import type { Location } from '../../api/types';
import { useText, type Messages } from '../../i18n';
import type { SourceTarget } from '../source/highlight';

export function placeOf(location: Location, text: Messages): string {
  const page =
    location.page === null ? [] : [text.source.pages(location.page, location.last_page ?? location.page)];
  return [...page, ...location.heading_path.slice(-2)].join(' › ');
}

interface SourcesProps {
  title: string;
  targets: readonly SourceTarget[];
  openTarget: SourceTarget | null;
  onOpen: (target: SourceTarget) => void;
}

const isSame = (one: SourceTarget, other: SourceTarget | null): boolean =>
  one.documentId === other?.documentId && one.marker === other.marker && one.quote === other.quote;

export function Sources({ title, targets, openTarget, onOpen }: SourcesProps) {
  const text = useText();
  return (
    <section className="sources">
      <h3>{title}</h3>
      <ol className="source-list">
        {targets.map((target, index) => (
          <li key={index}>
            <button
              type="button"
              className="source-card"
              aria-expanded={isSame(target, openTarget)}
              onClick={() => onOpen(target)}
            >
              {target.marker !== null && (
                <span className="marker" aria-hidden="true">
                  {target.marker}
                </span>
              )}
              <span className="source-card-text">
                <span className="source-card-name">
                  <strong>{target.name}</strong>
                  {target.location && <span>{placeOf(target.location, text)}</span>}
                </span>
                {target.quote && <span className="source-card-quote">{target.quote}</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
