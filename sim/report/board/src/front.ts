// Time against cost and carbon: what no other proposal beats in all three.
import * as Plot from '@observablehq/plot';
import { answered, type Answered, type Board, type Measure } from './data';
import { h, hint, section, table } from './dom';
import { drawing, narrow } from './drawing';

type Key = 'cost' | 'carbon';
const units: Record<Key, [number, string][]> = {
  cost: [[1e6, 'million EUR'], [1e3, 'thousand EUR'], [1, 'EUR']],
  carbon: [[1e6, 't CO2e'], [1e3, 'kg CO2e'], [1, 'g CO2e']],
};
const with_ = (all: Answered[], key: Key) => all.filter((p): p is Answered & Record<Key, Measure> => p[key] !== null);

export function frontSection(board: Board): HTMLElement | null {
  const all = board.proposals.filter(answered);
  const drawn = (['cost', 'carbon'] as Key[]).filter(key => with_(all, key).length > 1);
  if (drawn.length === 0) return null;
  const several = board.works.length > 1;
  const parts = board.works.flatMap((work, w) => {
    const rows = all.filter(p => p.work === w);
    const keys = drawn.filter(key => with_(rows, key).length > 1);
    if (keys.length === 0) return [];
    return [
      several ? h('h3', {}, work.title) : null,
      h('div', { class: 'pair' }, ...keys.map(key => chart(with_(rows, key), key))),
      h(
        'details',
        {},
        h('summary', {}, 'The same as a table'),
        table(
          'Time, cost and carbon of the whole run, with 80 % bands',
          [
            { head: 'proposal', text: true, cell: (p: Answered) => `${p.number}  ${p.short}` },
            { head: 'time', cell: p => `${p.time.text} (${p.time.band})` },
            { head: 'cost', cell: p => (p.cost ? `${p.cost.text} (${p.cost.band})` : '-') },
            { head: 'CO2e', cell: p => (p.carbon ? `${p.carbon.text} (${p.carbon.band})` : '-') },
            { head: `kWh, g, EUR for a million ${work.unit}`, cell: p => `${p.million_kwh}, ${p.million_g}, ${p.million_eur}` },
            { head: 'on the front', cell: p => (p.front ? 'yes' : 'no') },
          ],
          rows,
        ),
      ),
    ];
  });
  return section(
    'front',
    'Time, cost and carbon',
    hint(
      'Filled: on the Pareto front, since no other proposal is better in one of time, cost and carbon without being worse in another. ' +
        'Hollow: another is as good or better in all three. Crosses are 80 % bands; time, cost and carbon of a proposal go up and down together.',
    ),
    ...parts,
  );
}

function chart(rows: (Answered & Record<Key, Measure>)[], key: Key): HTMLElement {
  const most = Math.max(...rows.map(p => p[key].p90 ?? p[key].value));
  const [unit, name] = units[key].find(([size]) => most >= size) ?? units[key].at(-1)!;
  const latest = Math.max(...rows.map(p => p.time.p90 ?? p.time.value));
  const [day, time] = latest < 4 * 86400 ? [3600, 'hours'] : [86400, 'days'];
  const x = (p: Answered) => p.time.value / day;
  const y = (p: (typeof rows)[number]) => p[key].value / unit;
  const words = (p: (typeof rows)[number]) => `${p.number} ${p.title}: ${p.time.text}, ${p[key].text}`;
  return drawing(
    `${key === 'cost' ? 'Cost' : 'Carbon'} of the whole run against its time`,
    width => ({
      height: 300,
      marginLeft: 46,
      marginBottom: 40,
      marginTop: 26,
      marginRight: 24,
      style: { fontSize: '12px' },
      x: { label: time, labelArrow: 'none', labelAnchor: 'center', domain: [0, (latest / day) * 1.03], grid: true, ticks: narrow(width) ? 4 : 6 },
      y: { label: name, labelArrow: 'none', domain: [0, (most / unit) * 1.05], grid: true, ticks: 5 },
      marks: [
        Plot.ruleX(rows, { x, y1: p => (p[key].p10 ?? p[key].value) / unit, y2: p => (p[key].p90 ?? p[key].value) / unit, stroke: 'var(--behind)', strokeWidth: 2 }),
        Plot.ruleY(rows, { y, x1: p => (p.time.p10 ?? p.time.value) / day, x2: p => (p.time.p90 ?? p.time.value) / day, stroke: 'var(--behind)', strokeWidth: 2 }),
        Plot.dot(rows, { x, y, r: 6, fill: p => (p.front ? 'var(--first)' : 'var(--paper)'), stroke: 'var(--ink)', strokeWidth: 1.5, title: words }),
        Plot.text(rows, { x, y, text: p => `${p.number}`, dx: 9, dy: -9, textAnchor: 'start', fill: 'currentColor', fontWeight: 'bold', stroke: 'var(--paper)', strokeWidth: 3 }),
      ],
    }),
    null,
  );
}
