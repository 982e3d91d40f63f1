/** Says quietly that Chinese is searched by words only, and names the one command that changes it. */

import type { Models } from '../../api/types';
import { useSpeech } from '../../i18n';
import { Notice } from '../../ui/controls';

/** The command in an advice is what stands between back-quotes. */
export function commandOf(advice: string): string | null {
  return /`([^`]+)`/.exec(advice)?.[1] ?? /zhida model pull [\w./-]+/.exec(advice)?.[0] ?? null;
}

/** `chinese`: the text in question has Han characters. */
export function ChineseAdvice({ models, chinese }: { models: Models | null; chinese: boolean }) {
  const { text } = useSpeech();
  const embedding = models?.embedding;
  if (!chinese || !embedding?.advice || embedding.languages.includes('zh')) return null;
  const command = commandOf(embedding.advice);
  return (
    <Notice>
      <p className="advice">
        {command ? text.ask.chineseByWords : embedding.advice}{' '}
        {command && (
          <>
            {text.ask.chineseCommand} <code>{command}</code>
          </>
        )}
      </p>
    </Notice>
  );
}
