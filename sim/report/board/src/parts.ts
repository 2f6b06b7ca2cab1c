// What time and energy are made of: stacked bars whose parts stay apart without colour, and say their share where there is room.
import * as Plot from '@observablehq/plot';
import { answered, type Answered, type Board, type Part } from './data';
import { h, hint, section, table } from './dom';
import { drawing, narrow } from './drawing';
import { fill, swatch } from './patterns';

interface Piece extends Part {
  p: Answered;
  part: number; // of the legend
  from: number;
}

export function partsSections(board: Board): HTMLElement[] {
  const all = board.proposals.filter(answered);
  return [
    partsSection(board, all, 'time', 'Where the time goes', p => p.time_parts, 86400, 'days',
      'Of the whole run, with each proposal’s best layout, on average over the GPUs. Exchanges between ranks (TP, CP, EP, DP) count only where kernels wait for them.'),
    partsSection(board, all, 'energy', 'Where the energy goes', p => p.energy_parts, 3.6e9, 'MWh',
      'Of the whole run, from the GPU boards to the meter of the site. The machine’s storage is not in it.'),
  ].filter(part => part !== null);
}

function partsSection(
  board: Board, all: Answered[], id: string, title: string, parts: (p: Answered) => Part[], unit: number, name: string, words: string,
): HTMLElement | null {
  const rows = all.filter(p => parts(p).length > 0);
  if (rows.length === 0) return null;
  const names = parts(rows[0]).map(part => part.name).filter((_, k) => rows.some(p => parts(p)[k].share > 0.002));
  const pieces = (of: Answered[]): Piece[] =>
    of.flatMap(p => {
      let from = 0;
      return parts(p).map(part => {
        const piece = { ...part, p, part: names.indexOf(part.name), from };
        from += part.value;
        return piece;
      });
    }).filter(piece => piece.part >= 0 && piece.share > 0);
  const charts = board.works.map((work, w) => {
    const of = rows.filter(p => p.work === w);
    return of.length === 0 ? null : chart(board.works.length > 1 ? `${title}: ${work.title}` : title, of, pieces(of), unit, name, names);
  });
  const data = table(
    `${title}: share of the whole`,
    [
      { head: 'proposal', text: true, cell: (p: Answered) => `${p.number}  ${p.short}` },
      ...names.map(part => ({ head: part, cell: (p: Answered) => percent(parts(p).find(q => q.name === part)?.share ?? 0) })),
    ],
    rows,
  );
  return section(
    id,
    title,
    hint(words),
    h('p', { class: 'key' }, ...names.map((part, k) => h('span', {}, swatch(k), h('span', {}, h('b', {}, letter(k)), ` ${part}`)))),
    ...charts,
    h('details', {}, h('summary', {}, 'The same as a table'), data),
  );
}

// Of a part, for those who see no colours.
const letter = (part: number) => String.fromCharCode(65 + part);

const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

function chart(title: string, rows: Answered[], pieces: Piece[], unit: number, name: string, names: string[]): HTMLElement {
  const total = (p: Answered) => pieces.filter(piece => piece.p === p).reduce((sum, piece) => sum + piece.value, 0);
  const most = Math.max(...rows.map(total)) / unit;
  // Small runs in a smaller unit.
  const [size, unitName] = most > 4 ? [unit, name] : name === 'days' ? [3600, 'hours'] : [unit / 1000, 'kWh'];
  return drawing(
    title,
    width => {
      const wide = !narrow(width);
      const left = wide ? Math.min(300, Math.round(width * 0.33)) : 4;
      const long = (piece: Piece) => (piece.value / (most * unit * 1.02)) * (width - left - 16);
      return {
        height: rows.length * (wide ? (rows.length > 6 ? 25 : 32) : 50) + 48,
        marginLeft: left,
        marginRight: 16,
        marginTop: 4,
        marginBottom: 40,
        style: { fontSize: '13px' },
        x: { label: unitName, labelArrow: 'none', labelAnchor: 'center', domain: [0, ((most * unit) / size) * 1.02], ticks: wide ? 8 : 4 },
        y: { domain: rows.map(p => `${p.number}`), axis: null, padding: 0 },
        marks: [
          ...names.map((_, k) =>
            Plot.barX(pieces.filter(piece => piece.part === k), {
              x1: piece => piece.from / size, x2: piece => (piece.from + piece.value) / size, y: piece => `${piece.p.number}`,
              fill: fill(k), stroke: 'var(--paper)', strokeWidth: 1, insetTop: wide ? 4 : 24, insetBottom: 4,
              title: piece => `${piece.p.number} ${piece.p.title}: ${piece.name} ${piece.text}, ${percent(piece.share)}`,
            }),
          ),
          Plot.text(pieces.filter(piece => long(piece) > 14), {
            x: piece => (piece.from + piece.value / 2) / size, y: piece => `${piece.p.number}`, dy: wide ? 0 : 10,
            text: piece => (long(piece) > 52 ? `${letter(piece.part)} ${percent(piece.share)}` : letter(piece.part)), fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 5, fontSize: 11.5,
          }),
          Plot.text(rows, {
            y: p => `${p.number}`, frameAnchor: 'left', textAnchor: wide ? 'end' : 'start', dx: wide ? -10 : 0, dy: wide ? 0 : -14,
            fill: 'currentColor', text: p => `${p.number}  ${p.short}`, lineWidth: wide ? 21 : 30, textOverflow: 'ellipsis-end',
          }),
        ],
      };
    },
    null,
  );
}
