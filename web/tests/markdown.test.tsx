/** An answer's text is data from documents and models: drawn, never obeyed. */

import { render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { Markdown } from '../src/features/ask/Markdown';
import { parseMarkdown } from '../src/features/ask/markdown';

const draw = (text: string): HTMLElement =>
  render(<Markdown text={text} cite={(marker) => <sup>{marker}</sup>} />).container;

describe('nothing in a text becomes live', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'a <b onmouseover="alert(1)">b</b>',
    '<svg/onload=alert(1)>',
    '```html\n<iframe src="javascript:alert(1)"></iframe>\n```',
    '| a |\n|---|\n| <script>x</script> |',
    '> <style>*{display:none}</style>',
  ])('%s stays text', (text) => {
    const drawn = draw(text);
    expect(drawn.querySelector('script, img, svg, iframe, style, [onmouseover], b')).toBeNull();
    expect(drawn.textContent).toContain('<');
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert%281%29)',
    '[x](data:text/html,<script>1</script>)',
    '[x](vbscript:x)',
    '[x](//evil.example/a)',
    '[x](/api/v1/me)',
  ])('%s is no link', (text) => {
    expect(draw(text).querySelector('a')).toBeNull();
  });

  it('an image loads nothing and shows its alternative text', () => {
    const drawn = draw('![a chart](https://example.org/spy.png)');
    expect(drawn.querySelector('img')).toBeNull();
    expect(drawn.textContent).toBe('a chart');
  });

  it('a link to the web opens elsewhere and tells nothing about us', () => {
    const link = draw('[rules](https://example.org/a?b=c)').querySelector('a');
    expect(link?.getAttribute('href')).toBe('https://example.org/a?b=c');
    expect(link?.getAttribute('rel')).toContain('noopener');
    expect(link?.getAttribute('rel')).toContain('noreferrer');
  });
});

describe('light Markdown', () => {
  it('marks become citations, alone, in a row and with a Chinese comma', () => {
    const drawn = draw('甲 [1]，乙 [2][3]，丙 [4, 5]，丁 [6，7]');
    expect([...drawn.querySelectorAll('sup')].map((one) => one.textContent)).toEqual(Array.from('1234567'));
  });

  it('marks in code are code', () => {
    expect(draw('`list[1]`').querySelector('sup')).toBeNull();
  });

  it('blocks are drawn as what they are', () => {
    const drawn = draw(
      '# A\n\n### B\n\n- one\n  - two\n\n3. three\n4) four\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n> q\n\n---\n\n```\ncode\n```',
    );
    expect(drawn.querySelector('h3')?.textContent).toBe('A');
    expect(drawn.querySelector('h4')?.textContent).toBe('B');
    expect(drawn.querySelector('ul ul li')?.textContent).toBe('two');
    expect(drawn.querySelector('ol')?.getAttribute('start')).toBe('3');
    expect(drawn.querySelectorAll('ol > li')).toHaveLength(2);
    expect(drawn.querySelector('td strong')?.textContent).toBe('2');
    expect(drawn.querySelector('blockquote')?.textContent).toBe('q');
    expect(drawn.querySelector('pre')?.textContent).toBe('code');
    expect(drawn.querySelector('hr')).not.toBeNull();
  });

  it('underscores inside a name are letters, escapes are kept', () => {
    expect(draw(String.raw`file_name_here \*not\* _yes_`).textContent).toBe('file_name_here *not* yes');
  });

  it('every beginning of a text can be drawn, as a stream shows it', () => {
    const text =
      '## 标题\n\n**粗体** 与 `代码` [1]\n\n| a |\n|---|\n| [b](https://x.example) |\n\n1. 一、*二*';
    for (let length = 0; length <= text.length; length += 1) {
      expect(() => parseMarkdown(text.slice(0, length))).not.toThrow();
    }
  });

  it('deep nesting and long rows of signs end', () => {
    const texts = [
      '>'.repeat(5000),
      '*'.repeat(5000),
      '[('.repeat(5000),
      '`'.repeat(5001),
      '- '.repeat(2000),
    ];
    for (const text of texts) expect(() => parseMarkdown(text)).not.toThrow();
  });
});
