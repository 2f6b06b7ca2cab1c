// Where the bytes go: how full the links of each class are, and which parts of the fabric send to which.
import * as Plot from '@observablehq/plot';
import { answered, type Answered, type Board, type LinkHeat, type Links, type Traffic } from './data';
import { h, hint, section, table } from './dom';
import { drawing, narrow } from './drawing';

type Linked = Answered & { links: Links };

// Shares of a link's capacity, or of the largest cell; each level is darker than the one before (lighter in dark mode).
const limits = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
const level = (share: number) => (share > 0 ? limits.filter(limit => share > limit).length : 0);
const fill = (share: number) => `var(--heat${level(share)})`;
const onFill = (share: number) => (level(share) > 4 ? 'var(--paper)' : 'var(--ink)');
const levelWords = limits.map((limit, k) => `over ${100 * limit} %${k + 1 < limits.length ? ` to ${100 * limits[k + 1]} %` : ''}`);

export function linksSection(board: Board): HTMLElement | null {
  const rows = board.proposals.filter(answered).filter((p): p is Linked => p.links !== null);
  if (rows.length === 0) return null;
  // Paper has the soonest of each work.
  const onPaper = board.works.map((_, w) => rows.find(p => p.work === w));
  const panels = rows.map(p => ({ p, panel: h('div', { class: onPaper.includes(p) ? 'panel' : 'panel screen-only' }, ...panelOf(p)) }));
  const choose = h('select', { id: 'linked' });
  for (const { p } of panels) choose.append(h('option', { value: p.number }, `${p.number}  ${p.short}${board.works.length > 1 ? `, ${board.works[p.work].title}` : ''}`));
  const show = () => panels.forEach(({ p, panel }) => panel.classList.toggle('off', `${p.number}` !== choose.value));
  choose.addEventListener('change', () => {
    show();
    dispatchEvent(new Event('shown'));
  });
  show();
  return section(
    'links',
    'Where the bytes go',
    hint(
      'How much of their capacity the links of the best layout carry, over a whole step: a row for each class of links that carry anything, the busiest first, from left to right link by link ' +
        'in the order of the machine (of many, the busiest of each run of neighbours). A class that is half full on average may be full while an exchange lasts. Below: what parts of the fabric ' +
        '(cells, islands, groups; leaf switches where the job lies in one of them) send each other in a step, storage not counted.',
    ),
    h('p', { class: 'key' }, ...levelWords.map((words, k) => h('span', {}, h('span', { class: `swatch heat${k + 1}` }), words))),
    rows.length > 1 ? h('p', { class: 'screen' }, h('label', { for: 'linked' }, 'The links of proposal '), choose) : null,
    ...panels.map(({ panel }) => panel),
    rows.length > onPaper.filter(p => p).length ? h('p', { class: 'hint paper' }, 'Those of the other proposals stand in the page on a screen.') : null,
  );
}

function panelOf(p: Linked): HTMLElement[] {
  const { sentence, classes, traffic } = p.links;
  return [
    h('p', {}, `${p.number}  ${p.title}. ${sentence}`),
    heat(p, classes),
    ...(traffic ? [matrix(p, traffic)] : []),
  ];
}

function heat(p: Linked, classes: LinkHeat[]): HTMLElement {
  // Neighbours of one level are one piece.
  const pieces = classes.flatMap(c => {
    const found: { c: LinkHeat; from: number; to: number; most: number }[] = [];
    c.bins.forEach((bin, k) => {
      const last = found.at(-1);
      if (last && level(last.most / 1000) === level(bin / 1000)) {
        last.to = (k + 1) / c.bins.length;
        last.most = Math.max(last.most, bin);
      } else found.push({ c, from: k / c.bins.length, to: (k + 1) / c.bins.length, most: bin });
    });
    return found;
  });
  const data = table(
    `Links of proposal ${p.number} by class, over a step`,
    [
      { head: 'class', text: true, cell: (c: LinkHeat) => c.name },
      { head: 'links', cell: c => `${c.links}` },
      { head: 'carry together', cell: c => c.carried },
      { head: 'mean', cell: c => c.mean },
      { head: 'most', cell: c => c.most },
      { head: 'of', cell: c => c.capacity },
      { head: 'busiest', text: true, cell: c => c.busiest },
    ],
    classes,
  );
  return drawing(
    `Proposal ${p.number}: share of their capacity that links carry over a step, by class`,
    width => {
      const wide = !narrow(width);
      const left = wide ? 190 : 4;
      const names: Plot.TextOptions = { y: 'name', fill: 'currentColor', frameAnchor: 'left', textAnchor: wide ? 'end' : 'start', dx: wide ? -8 : 0, dy: wide ? 0 : -13 };
      return {
        height: classes.length * (wide ? 23 : 44) + 26,
        marginLeft: left,
        marginRight: wide ? 170 : 8,
        marginTop: 4,
        marginBottom: 20,
        style: { fontSize: '12.5px' },
        x: { domain: [0, 1], axis: null },
        y: { domain: classes.map(c => c.name), axis: null, padding: 0 },
        color: { type: 'identity' },
        marks: [
          Plot.barX(pieces, {
            x1: 'from', x2: 'to', y: piece => piece.c.name, fill: piece => fill(piece.most / 1000), insetTop: wide ? 2 : 22, insetBottom: 2,
            title: piece => `${piece.c.name}: up to ${piece.most / 10} % of ${piece.c.capacity}`,
          }),
          Plot.barX(classes, { x1: 0, x2: 1, y: 'name', fill: 'none', stroke: 'var(--soft)', strokeWidth: 0.6, insetTop: wide ? 2 : 22, insetBottom: 2 }),
          Plot.text(classes, { ...names, text: c => (wide ? `${c.name} (${c.links})` : `${c.name} (${c.links}): mean ${c.mean}, most ${c.most}`) }),
          wide ? Plot.text(classes, { y: 'name', frameAnchor: 'right', textAnchor: 'start', dx: 8, fill: 'currentColor', text: c => `mean ${c.mean}, most ${c.most}` }) : null,
          Plot.text(['order of the machine \u2192'], { frameAnchor: 'bottom-left', dy: 16, fill: 'var(--soft)' }),
        ],
      };
    },
    data,
  );
}

function matrix(p: Linked, traffic: Traffic): HTMLElement {
  const { names, unit, sent } = traffic;
  const largest = Math.max(...sent.flat());
  const cells = sent.flatMap((row, from) => row.map((value, to) => ({ from, to, value })));
  const text = (value: number) => (value >= 100 ? value.toFixed(0) : value === 0 ? '0' : value.toPrecision(3));
  const short = (k: number) => names[k].replace(/^group (\d+)( to group (\d+))?$/, (_, a, __, b) => (b ? `${a}-${b}` : a));
  const data = table(
    `Proposal ${p.number}: ${unit} that rows send to columns in a step`,
    [{ head: 'from', text: true, cell: (k: number) => names[k] }, ...names.map((name, to) => ({ head: name, cell: (k: number) => text(sent[k][to]) }))],
    names.map((_, k) => k),
  );
  return drawing(
    `Proposal ${p.number}: ${unit} that one part of the fabric (row) sends to another (column) in a step; dark (in dark mode light): up to ${text(largest)} ${unit}`,
    width => {
      const wide = !narrow(width);
      const left = wide ? 190 : 64;
      const each = Math.min(wide ? 62 : 44, (width - left - 10) / names.length);
      const tall = Math.max(14, Math.min(28, each));
      return {
        height: names.length * tall + 34,
        marginLeft: left,
        marginRight: Math.max(10, width - left - each * names.length),
        marginTop: 30,
        marginBottom: 4,
        style: { fontSize: '12px' },
        x: { domain: names.map((_, k) => k), axis: null, padding: 0.04 },
        y: { domain: names.map((_, k) => k), axis: null, padding: 0.04 },
        color: { type: 'identity' },
        marks: [
          Plot.cell(cells, {
            x: 'to', y: 'from', fill: cell => fill(cell.value / largest), stroke: 'var(--soft)', strokeWidth: 0.5,
            title: cell => `${names[cell.from]} to ${names[cell.to]}: ${text(cell.value)} ${unit}`,
          }),
          each > 38 ? Plot.text(cells, { x: 'to', y: 'from', text: cell => text(cell.value), fill: cell => onFill(cell.value / largest), fontSize: 11 }) : null,
          Plot.text(names.map((_, k) => k), { y: k => k, frameAnchor: 'left', textAnchor: 'end', dx: -8, fill: 'currentColor', text: k => (wide ? names[k] : short(k)), lineWidth: wide ? 15 : 5, textOverflow: 'ellipsis-start' }),
          Plot.text(names.map((_, k) => k).filter(k => each > 38 || k % Math.ceil(30 / each) === 0), { x: k => k, frameAnchor: 'top', dy: -14, fill: 'currentColor', text: k => short(k), lineWidth: each / 11, textOverflow: 'ellipsis-start' }),
        ],
      };
    },
    data,
  );
}
