// What a comparison found: sentence and table of each work, and the report itself in a frame of its own.
import { h, section, table } from '../dom';
import * as api from './api';

interface Proposal {
  number: number;
  title: string;
  problem: string | null;
  gpus: number;
  words: string;
  mfu: number;
  step_time_s: number;
  run_time_s: number;
  run_time_p10_s: number | null;
  run_time_p90_s: number | null;
  run_gpu_hours: number | null;
  run_energy_j: number | null;
  run_carbon_g: number | null;
  run_cost_eur: number | null;
}
interface Result {
  title: string;
  question: string;
  works: { workload: string; answer: string | null; proposals: Proposal[] }[];
}

const digits = (value: number) => (Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))));
// In the largest of these units that leaves at least one of it.
const inUnit = (value: number | null, units: [number, string][]) => {
  if (value === null) return '-';
  const [size, name] = units.find(([least]) => Math.abs(value) >= least) ?? units.at(-1)!;
  return `${digits(value / size)} ${name}`;
};
export const duration = (s: number | null) => inUnit(s, [[2 * 86400, 'days'], [3600, 'h'], [60, 'min'], [1, 's'], [1e-3, 'ms']]);
const energy = (j: number | null) => inUnit(j, [[3.6e12, 'GWh'], [3.6e9, 'MWh'], [3.6e6, 'kWh'], [1, 'J']]);
const carbon = (g: number | null) => inUnit(g, [[1e6, 't'], [1e3, 'kg'], [1, 'g']]);
const euros = (eur: number | null) => inUnit(eur, [[1e6, 'million EUR'], [1, 'EUR']]);

export function save(name: string, text: string, type: string) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = h('a', { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export async function result(run: api.Run): Promise<HTMLElement> {
  const [found, report, scenario] = await Promise.all(['result.json', 'report.html', 'scenario.yaml'].map(name => api.file(run.id, name)));
  const answer = JSON.parse(found) as Result;
  const download = (name: string, text: string, type: string) => {
    const button = h('button', { type: 'button' }, `Download ${name}`);
    button.addEventListener('click', () => save(name, text, type));
    return button;
  };
  // Without an origin of its own it can neither ask this server nor read this page.
  const frame = h('iframe', { title: 'The report', sandbox: 'allow-scripts' });
  frame.srcdoc = report;
  return section(
    'result',
    answer.title,
    h('p', { class: 'question' }, answer.question),
    ...answer.works.flatMap(work => [
      work.answer === null ? null : h('p', { class: 'answer' }, work.answer),
      table(
        `${work.workload}: the soonest first`,
        [
          { head: 'proposal', text: true, cell: (p: Proposal) => `${p.number}  ${p.title}` },
          { head: 'GPUs', cell: p => `${p.gpus}` },
          { head: 'time', cell: p => duration(p.run_time_s) },
          { head: '80 % band', cell: p => (p.run_time_p10_s === null ? '-' : `${duration(p.run_time_p10_s)} to ${duration(p.run_time_p90_s)}`) },
          { head: 'step', cell: p => duration(p.step_time_s) },
          { head: 'MFU', cell: p => `${digits(100 * p.mfu)} %` },
          { head: 'GPU hours', cell: p => (p.run_gpu_hours === null ? '-' : digits(p.run_gpu_hours)) },
          { head: 'energy', cell: p => energy(p.run_energy_j) },
          { head: 'CO2e', cell: p => carbon(p.run_carbon_g) },
          { head: 'cost', cell: p => euros(p.run_cost_eur) },
          { head: 'best layout', text: true, cell: p => p.words },
        ],
        work.proposals,
        p => p.problem,
      ),
    ]),
    h(
      'p',
      { class: 'buttons' },
      download('report.html', report, 'text/html'),
      download('result.json', found, 'application/json'),
      download('scenario.yaml', scenario, 'application/yaml'),
    ),
    h('p', { class: 'hint' }, 'The same on the command line: aifsim compare scenario.yaml --report report.html'),
    frame,
  );
}
