// The chart of the first page: the 80 % band of each proposal's run, its median as a dot.
import * as Plot from '@observablehq/plot';
import { answered, type Answered, type Board } from './data';
import { drawing, narrow, paper } from './drawing';

const day = 86400;

interface Row {
  key: string;
  heading?: string;
  p?: Answered;
}

export function bandsChart(board: Board): HTMLElement {
  const all = board.proposals.filter(answered);
  const several = board.works.length > 1;
  const rows: Row[] = board.works.flatMap((work, w) => [
    ...(several ? [{ key: `work ${w}`, heading: work.title }] : []),
    ...all.filter(p => p.work === w).map(p => ({ key: `${p.number}`, p })),
  ]);
  // Of several works the time over that of the soonest, which fits on one axis.
  const soonest = board.works.map((_, w) => all.find(p => p.work === w)?.time.value ?? 1);
  const unit = Math.max(...all.map(p => p.time.p90 ?? p.time.value)) < 4 * day ? 3600 : day;
  const scale = (p: Answered) => (several ? soonest[p.work] : unit);
  const at = (p: Answered) => p.time.value / scale(p);
  const low = (p: Answered) => (p.time.p10 ?? p.time.value) / scale(p);
  const high = (p: Answered) => (p.time.p90 ?? p.time.value) / scale(p);
  const of = (standing: string) => all.filter(p => p.standing === standing);
  const title = 'How long the whole run takes: expected (dot) and 80 % band (bar)';
  return drawing(
    title,
    width => {
      const wide = !narrow(width);
      const y = (p: Answered) => `${p.number}`;
      const tall = width === paper ? Math.min(26, 330 / rows.length) : rows.length > 8 ? 23 : 30;
      const [lift, thin] = wide ? [0, tall * 0.3] : [-14, 28]; // names stand over their bars where it is narrow
      const left = wide ? Math.min(330, Math.round(width * 0.36)) : 4;
      const name = (p: Answered) => `${p.number}  ${p.short}`;
      const names: Plot.TextOptions = {
        y, frameAnchor: 'left', textAnchor: wide ? 'end' : 'start', dx: wide ? -10 : 0, dy: lift, fill: 'currentColor',
        lineWidth: wide ? 23 : 30, textOverflow: 'ellipsis-end',
      };
            const band = (standing: string, fill: string) =>
        Plot.barX(of(standing), { x1: low, x2: high, y, fill, stroke: standing === 'alike' ? 'var(--first)' : undefined, insetTop: thin, insetBottom: wide ? thin : 8, title: words });
      return {
        height: rows.length * (wide ? tall : 52) + 54,
        marginLeft: left,
        marginRight: wide ? 190 : 8,
        marginTop: 6,
        marginBottom: 44,
        style: { fontSize: wide && tall < 18 ? '11px' : '13px' },
        x: {
          domain: [0, Math.max(...all.map(high), 0) * 1.02],
          label: several ? 'whole run, times that of the soonest' : `whole run, ${unit === day ? 'days' : 'hours'}`,
          labelArrow: 'none',
          labelAnchor: 'center',
          ticks: wide ? 8 : 4,
          grid: true,
        },
        y: { domain: rows.map(row => row.key), axis: null, padding: 0 },
        marks: [
          band('first', 'var(--first)'),
          band('alike', 'url(#alike)'),
          band('behind', 'var(--behind)'),
          Plot.dot(all, { x: at, y, dy: wide ? 0 : 10, r: 5, fill: p => (p.standing === 'first' ? 'var(--ink)' : 'var(--paper)'), stroke: 'var(--ink)', strokeWidth: 2 }),
          Plot.text(of('first'), { ...names, text: name, fontWeight: 'bold' }),
          Plot.text(all.filter(p => p.standing !== 'first'), { ...names, text: name }),
          Plot.text(all, {
            y, frameAnchor: 'right', textAnchor: wide ? 'start' : 'end', dx: wide ? 8 : 0, dy: lift, fill: 'currentColor',
            text: p => (wide && p.time.band ? `${p.time.text}  (${p.time.band})` : p.time.text),
          }),
          Plot.text(rows.filter(row => row.heading), {
            y: 'key', frameAnchor: 'left', textAnchor: 'start', dx: 4 - left,
            text: 'heading', fontWeight: 'bold', fill: 'currentColor',
          }),
        ],
      };
    },
    null,
  );
}

const words = (p: Answered) => `${p.title}: ${p.time.text}${p.time.band && ` (${p.time.band})`}`;
