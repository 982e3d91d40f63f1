/**
 * Light Markdown as data. There is no HTML in it and no way to get any: unknown syntax stays text, images become their
 * alternative text (nothing is loaded from elsewhere), links keep http, https and mailto only.
 */

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'break' }
  | { type: 'code'; text: string }
  | { type: 'strong' | 'emphasis'; children: Inline[] }
  | { type: 'link'; href: string; children: Inline[] }
  | { type: 'citation'; marker: number };

export interface ListItem {
  children: Inline[];
  nested: Block[];
}

export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'list'; ordered: boolean; start: number; items: ListItem[] }
  | { type: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' };

const DEEPEST = 6;
const SAFE_LINK = /^(https?:\/\/|mailto:)/i;
const CITATION = /\[(\d{1,3}(?:\s*[,，]\s*\d{1,3})*)\]/y;
const LINK = /!?\[([^[\]]*)\]\(\s*<?([^()<>\s]+)>?(?:\s+"[^"]*")?\s*\)/y;
const ADDRESS = /https?:\/\/[^\s<>"'）】」，。；]+[^\s<>"'）】」，。；.,;:!?)]/y;
const SPECIAL = /[`*_[!\\\nh]/g;

interface Found {
  node: Inline[];
  end: number;
}

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

function codeAt(text: string, index: number): Found | null {
  const ticks = /^`+/.exec(text.slice(index, index + 8))?.[0] ?? '`';
  const close = text.indexOf(ticks, index + ticks.length);
  if (close < 0) return null;
  return {
    node: [{ type: 'code', text: text.slice(index + ticks.length, close).trim() }],
    end: close + ticks.length,
  };
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character);
const isLatinWord = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9]/.test(character);

/** `*` beside anything, `_` only where no word goes on: file_name_here stays as it is. */
function opensEmphasis(text: string, index: number, fence: string): boolean {
  if (fence.startsWith('_') && isLatinWord(text[index - 1])) return false;
  return !/^\s?$/.test(text[index + fence.length] ?? '');
}

function closesEmphasis(text: string, index: number, fence: string): boolean {
  const sign = fence[0];
  const after = text[index + fence.length];
  if (/\s/.test(text[index - 1] ?? '') || after === sign) return false;
  return !(sign === '_' && isWord(after));
}

/** `*…*`, `**…**`, `_…_`, `__…__`: opened before a non-space, closed after one. */
function emphasisAt(text: string, index: number, depth: number): Found | null {
  const sign = text[index] ?? '';
  const fence = text[index + 1] === sign ? sign + sign : sign;
  if (!opensEmphasis(text, index, fence)) return null;
  const from = index + fence.length;
  for (let close = text.indexOf(fence, from + 1); close > 0; close = text.indexOf(fence, close + 1)) {
    if (!closesEmphasis(text, close, fence)) continue;
    const children = parseInline(text.slice(from, close), depth + 1);
    const type = fence.length === 2 ? 'strong' : 'emphasis';
    return { node: [{ type, children }], end: close + fence.length };
  }
  return null;
}

function bracketAt(text: string, index: number, depth: number): Found | null {
  const link = at(LINK, text, index);
  if (link) {
    const [all, label = '', href = ''] = link;
    const end = index + all.length;
    if (all.startsWith('!')) return { node: [{ type: 'text', text: label }], end };
    const children = parseInline(label, depth + 1);
    if (SAFE_LINK.test(href)) return { node: [{ type: 'link', href, children }], end };
    if (!/^\d+$/.test(label)) return { node: children, end };
  }
  const citation = at(CITATION, text, index);
  if (!citation) return null;
  const markers = (citation[1] ?? '').split(/[,，]/).map(Number);
  return { node: markers.map((marker) => ({ type: 'citation', marker })), end: index + citation[0].length };
}

function addressAt(text: string, index: number): Found | null {
  const address = at(ADDRESS, text, index)?.[0];
  if (!address) return null;
  return {
    node: [{ type: 'link', href: address, children: [{ type: 'text', text: address }] }],
    end: index + address.length,
  };
}

function escapedAt(text: string, index: number): Found | null {
  const escaped = text[index + 1] ?? '';
  return /[\\`*_[\]#|>-]/.test(escaped) ? { node: [{ type: 'text', text: escaped }], end: index + 2 } : null;
}

const breakAt = (_: string, index: number): Found => ({ node: [{ type: 'break' }], end: index + 1 });

type Reader = (text: string, index: number, depth: number) => Found | null;

const READERS: Readonly<Record<string, Reader>> = {
  '\n': breakAt,
  '\\': escapedAt,
  '`': codeAt,
  '*': emphasisAt,
  _: emphasisAt,
  '[': bracketAt,
  '!': bracketAt,
  h: addressAt,
};

function specialAt(text: string, index: number, depth: number): Found | null {
  return depth < DEEPEST ? (READERS[text[index] ?? '']?.(text, index, depth) ?? null) : null;
}

/** What stands inside a block. */
export function parseInline(text: string, depth = 0): Inline[] {
  const nodes: Inline[] = [];
  let plainFrom = 0;
  let index = 0;
  const flush = (end: number): void => {
    if (end > plainFrom) nodes.push({ type: 'text', text: text.slice(plainFrom, end) });
  };
  for (;;) {
    SPECIAL.lastIndex = index;
    const special = SPECIAL.exec(text);
    if (!special) break;
    const found = specialAt(text, special.index, depth);
    if (found) {
      flush(special.index);
      nodes.push(...found.node);
      plainFrom = found.end;
    }
    index = found ? found.end : special.index + 1;
  }
  flush(text.length);
  return nodes;
}

const FENCE = /^\s{0,3}(```+|~~~+)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?/;
const ITEM = /^(\s*)([-*+•]|\d{1,9}[.)、])(?:\s+|(?<=、))(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** The lines of a text, read one block at a time. */
class Lines {
  index = 0;

  constructor(readonly all: readonly string[]) {}

  get current(): string | undefined {
    return this.all[this.index];
  }

  /** Takes lines as long as the test holds. */
  takeWhile(test: (line: string) => boolean): string[] {
    const from = this.index;
    while (this.current !== undefined && test(this.current)) this.index += 1;
    return this.all.slice(from, this.index);
  }
}

const cells = (line: string): Inline[][] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => parseInline(cell.trim()));

function startsTable(lines: Lines): boolean {
  const next = lines.all[lines.index + 1];
  return (
    (lines.current?.includes('|') ?? false) && next !== undefined && next.includes('-') && DIVIDER.test(next)
  );
}

function startsBlock(lines: Lines): boolean {
  const line = lines.current ?? '';
  return [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line)) || startsTable(lines);
}

function takeCode(lines: Lines): Block {
  const fence = FENCE.exec(lines.current ?? '')?.[1] ?? '```';
  lines.index += 1;
  const body = lines.takeWhile((line) => !line.trimStart().startsWith(fence));
  lines.index += 1;
  return { type: 'code', text: body.join('\n') };
}

function takeTable(lines: Lines): Block {
  const head = cells(lines.current ?? '');
  lines.index += 2;
  const rows = lines.takeWhile((line) => line.includes('|')).map(cells);
  return { type: 'table', head, rows };
}

interface ItemLine {
  indent: number;
  ordered: boolean;
  number: number;
  words: string;
}

function itemOf(line: string | undefined): ItemLine | null {
  const [all, indent = '', sign = '', words = ''] = ITEM.exec(line ?? '') ?? [];
  if (all === undefined) return null;
  const ordered = /\d/.test(sign);
  return { indent: indent.length, ordered, number: ordered ? parseInt(sign, 10) : 1, words };
}

/** What is indented below an item. */
function takeNested(lines: Lines, indent: number, depth: number): Block[] {
  const below = lines.takeWhile((line) => line.trim() !== '' && line.search(/\S/) > indent);
  if (depth >= DEEPEST) return [];
  return parseBlocks(
    below.map((line) => line.slice(indent + 1)),
    depth + 1,
  );
}

function takeList(lines: Lines, first: ItemLine, depth: number): Block {
  const { indent, ordered, number: start } = first;
  const items: ListItem[] = [];
  for (let item: ItemLine | null = first; item; item = itemOf(lines.current)) {
    if (item.indent !== indent || item.ordered !== ordered) break;
    lines.index += 1;
    items.push({ children: parseInline(item.words), nested: takeNested(lines, indent, depth) });
    const blank = lines.index;
    lines.takeWhile((line) => line.trim() === '');
    if (!itemOf(lines.current)) lines.index = blank;
  }
  return { type: 'list', ordered, start, items };
}

function takeParagraph(lines: Lines): Block {
  const body = [lines.current ?? ''];
  lines.index += 1;
  while (lines.current !== undefined && lines.current.trim() !== '' && !startsBlock(lines)) {
    body.push(lines.current);
    lines.index += 1;
  }
  return { type: 'paragraph', children: parseInline(body.map((line) => line.trim()).join('\n')) };
}

function takeHeading(lines: Lines, [, signs = '#', words = '']: RegExpExecArray): Block {
  lines.index += 1;
  return { type: 'heading', level: signs.length, children: parseInline(words) };
}

function takeRule(lines: Lines): Block {
  lines.index += 1;
  return { type: 'rule' };
}

function takeQuote(lines: Lines, depth: number): Block {
  const body = lines.takeWhile((line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ''));
  return { type: 'quote', blocks: parseBlocks(body, depth + 1) };
}

function takeBlock(lines: Lines, depth: number): Block {
  const line = lines.current ?? '';
  const heading = HEADING.exec(line);
  if (FENCE.test(line)) return takeCode(lines);
  if (heading) return takeHeading(lines, heading);
  if (RULE.test(line)) return takeRule(lines);
  if (QUOTE.test(line) && depth < DEEPEST) return takeQuote(lines, depth);
  if (startsTable(lines)) return takeTable(lines);
  const item = itemOf(line);
  return item ? takeList(lines, item, depth) : takeParagraph(lines);
}

function parseBlocks(all: readonly string[], depth: number): Block[] {
  const lines = new Lines(all);
  const blocks: Block[] = [];
  while (lines.current !== undefined) {
    if (lines.current.trim() === '') lines.index += 1;
    else blocks.push(takeBlock(lines, depth));
  }
  return blocks;
}

/** A whole text. Half a text (while it streams) is fine too: what is not closed yet is shown as it stands. */
export function parseMarkdown(text: string): Block[] {
  return parseBlocks(text.replace(/\r\n?/g, '\n').split('\n'), 0);
}
