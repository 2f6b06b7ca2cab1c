// Fills that stay apart without colour: light and dark in turn, with lines of their own.
import { h } from './dom';

const ns = 'http://www.w3.org/2000/svg';

function svg(tag: string, attributes: Record<string, string>, ...children: Element[]): SVGElement {
  const element = document.createElementNS(ns, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const size = '8';
const rising = 'M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4';
const falling = 'M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4';

function pattern(id: string, back: string, line: string, path: string): SVGElement {
  return svg(
    'pattern',
    { id, width: size, height: size, patternUnits: 'userSpaceOnUse' },
    svg('rect', { width: size, height: size, fill: back }),
    svg('path', { d: path, stroke: line, 'stroke-width': '1.5', fill: 'none' }),
  );
}

// Of the parts of bars, in their order.
const lines = ['', '', rising, 'M4,0 v8', '', falling, 'M2,2 h1 M6,6 h1', rising + falling, 'M0,4 h8'];

export function patterns(): SVGElement {
  return svg(
    'svg',
    { width: '0', height: '0', class: 'patterns', 'aria-hidden': 'true' },
    svg(
      'defs',
      {},
      pattern('alike', 'var(--alike)', 'var(--first)', rising),
      ...lines.map((path, k) => pattern(`part${k}`, `var(--part${k})`, `var(--line${k})`, path)),
    ),
  );
}

export const fill = (part: number) => `url(#part${part % lines.length})`;

export function swatch(part: number): HTMLElement {
  const box = svg('svg', { width: '26', height: '13', 'aria-hidden': 'true' }, svg('rect', { width: '26', height: '13', fill: fill(part) }));
  return h('span', { class: 'swatch' }, box);
}
