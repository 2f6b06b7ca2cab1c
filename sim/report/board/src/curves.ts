// Time of the whole run over GPU counts, where proposals differ in them, against the ideal of twice the GPUs in half the time.
import * as Plot from '@observablehq/plot';
import { answered, type Answered, type Board, type Curve } from './data';
import { section, table } from './dom';
import { drawing, narrow } from './drawing';

interface Point {
  curve: string;
  p: Answered;
}

export function curvesSection(board: Board): HTMLElement | null {
  if (board.curves.length === 0) return null;
  const by = new Map(board.proposals.filter(answered).map(p => [p.number, p]));
  const charts = board.works.flatMap((work, w) => {
    const curves = board.curves.filter(curve => curve.work === w);
    return curves.length === 0 ? [] : [chart(work.title, curves, by)];
  });
  return section('curves', 'Scaling', ...charts);
}

function chart(work: string, curves: Curve[], by: Map<number, Answered>): HTMLElement {
  const points: Point[] = curves.flatMap(curve => curve.proposals.map(n => ({ curve: curve.title, p: by.get(n)! })));
  const ideal = curves.flatMap(curve => {
    const [first, last] = [by.get(curve.proposals[0])!, by.get(curve.proposals.at(-1)!)!];
    return [
      { curve: curve.title, gpus: first.gpus, time: first.time.value },
      { curve: curve.title, gpus: last.gpus, time: (first.time.value * first.gpus) / last.gpus },
    ];
  });
  const ends = curves.map(curve => ({ curve: curve.title, p: by.get(curve.proposals.at(-1)!)! }));
  const [day, unit] = Math.min(...points.map(q => q.p.time.value)) < 86400 ? [3600, 'hours'] : [86400, 'days'];
  const data = table(
    `Whole run of ${work} by GPUs`,
    [
      { head: 'machine', text: true, cell: (q: Point) => q.curve },
      { head: 'GPUs', cell: q => `${q.p.gpus}` },
      { head: 'whole run', cell: q => q.p.time.text },
      { head: '80 % band', cell: q => q.p.time.band },
      { head: 'MFU', cell: q => q.p.mfu },
    ],
    points,
  );
  return drawing(
    `Time of the whole run of ${work} by GPUs, with 80 % bands; dashed: twice the GPUs in half the time`,
    width => ({
      height: 330,
      marginLeft: 52,
      marginRight: narrow(width) ? 16 : 210,
      marginBottom: 42,
      style: { fontSize: '13px' },
      x: { type: 'log', base: 2, label: 'GPUs', labelArrow: 'none', labelAnchor: 'center', ticks: [...new Set(points.map(q => q.p.gpus))], tickFormat: d => `${d}` },
      y: { type: 'log', label: unit, labelArrow: 'none', grid: true, tickFormat: d => `${d}`, ticks: 5 },
      marks: [
        Plot.areaY(points, {
          x: q => q.p.gpus, y1: q => (q.p.time.p10 ?? q.p.time.value) / day, y2: q => (q.p.time.p90 ?? q.p.time.value) / day,
          z: 'curve', fill: 'var(--alike)', fillOpacity: 0.45,
        }),
        Plot.line(ideal, { x: 'gpus', y: q => q.time / day, z: 'curve', stroke: 'var(--soft)', strokeDasharray: '3 4' }),
        Plot.line(points, { x: q => q.p.gpus, y: q => q.p.time.value / day, z: 'curve', stroke: 'var(--first)', strokeWidth: 2 }),
        Plot.dot(points, {
          x: q => q.p.gpus, y: q => q.p.time.value / day, symbol: 'curve', fill: 'var(--paper)', stroke: 'var(--ink)', r: 5, strokeWidth: 2,
          title: q => `${q.curve}, ${q.p.gpus} GPUs: ${q.p.time.text} (${q.p.time.band}), MFU ${q.p.mfu}`,
        }),
        Plot.text(ends, {
          x: q => q.p.gpus, y: q => q.p.time.value / day, text: 'curve', textAnchor: narrow(width) ? 'end' : 'start',
          dx: narrow(width) ? 0 : 12, dy: narrow(width) ? -14 : 0, fill: 'currentColor', lineWidth: 20,
        }),
      ],
    }),
    data,
  );
}
