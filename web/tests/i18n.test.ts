/** Both languages have every word. */

import { describe, expect, it } from 'vitest';
import { languageOf } from '../src/i18n';
import { en } from '../src/i18n/en';
import { zh } from '../src/i18n/zh';

function keysOf(words: object, path = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) => {
    const here = path + key;
    if (here === 'reasons') return [];
    return typeof value === 'object' && value !== null ? keysOf(value as object, `${here}.`) : [here];
  });
}

/** Every text, functions called with plain arguments. */
function textsOf(words: object): string[] {
  return Object.values(words).flatMap((value: unknown) => {
    if (typeof value === 'string') return [value];
    if (typeof value === 'function') return [(value as (...facts: unknown[]) => string)(2, 3)];
    return typeof value === 'object' && value !== null ? textsOf(value) : [];
  });
}

describe('the dictionaries', () => {
  it('have the same keys', () => {
    expect(keysOf(zh).sort()).toEqual(keysOf(en).sort());
  });

  it('say something everywhere, in their own language', () => {
    expect(textsOf(zh).filter((text) => text.trim() === '')).toEqual([]);
    expect(textsOf(en).filter((text) => text.trim() === '' || /\p{Script=Han}/u.test(text))).toEqual([]);
    const foreign = textsOf(zh).filter((text) => !/\p{Script=Han}/u.test(text));
    expect(foreign).toEqual([]);
  });
});

it('the browser’s first language that the page speaks is taken', () => {
  expect(languageOf(['fr', 'zh-TW', 'en'])).toBe('zh');
  expect(languageOf(['en-GB', 'zh'])).toBe('en');
  expect(languageOf(['de'])).toBe('en');
});
