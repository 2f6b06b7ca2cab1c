// Charts: drawn anew where their place gets wider or narrower and for paper, each with its table for those who do not see it.
import * as Plot from '@observablehq/plot';
import { h } from './dom';

export const paper = 700; // CSS pixels between the margins of A4
type Draw = (width: number) => Plot.PlotOptions;
const redraws: ((width?: number) => void)[] = [];

export function drawing(title: string, draw: Draw, data: HTMLElement | null): HTMLElement {
  const place = h('div', { class: 'place' });
  let drawn = 0;
  const redraw = (forced?: number) => {
    const width = forced ?? Math.min(1000, Math.max(300, Math.round(place.clientWidth / 20) * 20));
    if (width === drawn || (forced === undefined && place.clientWidth === 0)) return;
    drawn = width;
    const options = draw(width);
    const svg = Plot.plot({ ...options, width, className: 'drawing', ariaLabel: title });
    svg.setAttribute('role', 'img');
    place.replaceChildren(svg);
  };
  redraws.push(redraw);
  const figure = h('figure', {}, h('figcaption', {}, title), place);
  if (data) figure.append(h('details', {}, h('summary', {}, 'The same as a table'), data));
  return figure;
}

export function drawAll(): void {
  const screen = () => redraws.forEach(redraw => redraw());
  screen();
  new ResizeObserver(screen).observe(document.body);
  addEventListener('beforeprint', () => redraws.forEach(redraw => redraw(paper)));
  addEventListener('afterprint', screen);
  addEventListener('shown', screen); // a choice shows others
}

export const narrow = (width: number) => width < 560;
