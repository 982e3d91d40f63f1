/** Says quietly that Chinese is searched by words only, and names the one command that changes it. */

import type { Models } from '../../api/types';
import { useText } from '../../i18n';
import { Notice } from '../../ui/controls';

/** `chinese`: the text in question has Han characters. */
export function ChineseAdvice({ models, chinese }: { models: Models | null; chinese: boolean }) {
  const text = useText();
  const command = models?.embedding.advice_command;
  if (!chinese || !command) return null;
  return (
    <Notice>
      <p className="advice">
        {text.ask.chineseByWords} <code>{command}</code>
      </p>
    </Notice>
  );
}
