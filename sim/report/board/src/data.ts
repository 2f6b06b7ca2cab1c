// What report/board_data.cpp writes. Figures are in SI units (seconds, joules), grams and euros, each with its text.

export interface Measure {
  value: number;
  p10: number | null;
  p90: number | null;
  text: string; // "41.6 d"
  band: string; // "30.2 d to 57.3 d", or ""
}

export interface Part {
  name: string;
  value: number;
  share: number; // of the whole
  text: string;
}

// first: of its work by time; alike: its band meets the first one's; none: no answer
export type Standing = 'first' | 'alike' | 'behind' | 'none';

// Alike links, of one step.
export interface LinkHeat {
  name: string;
  links: number; // that carry something
  capacity: string; // of the busiest
  carried: string; // by all
  mean: string;
  most: string;
  busiest: string; // by name
  bins: number[]; // per mille used, link by link in the machine's order; of many the busiest of each run of them
}

// What parts of the fabric send each other in a step: sent[from][to].
export interface Traffic {
  names: string[];
  unit: string;
  sent: number[][];
}

export interface Links {
  sentence: string;
  classes: LinkHeat[]; // the busiest first
  traffic: Traffic | null; // null: below one leaf switch
}

export interface Proposal {
  number: number; // as the scenario counts, and best-N.yaml
  title: string;
  short: string;
  work: number;
  problem: string | null; // not null: nothing below `against_first` is there
  reason: string; // its beginning
  standing: Standing;
  against_first: string;
  gpus: number;
  layout: string;
  layouts: number;
  fitting: number;
  note: string;
  mfu: string;
  step: string;
  time: Measure; // of the whole run, as all that follow
  energy: Measure | null;
  carbon: Measure | null;
  electricity: Measure | null;
  cost: Measure | null;
  gpu_hours: Measure | null;
  million_kwh: string; // for a million tokens or samples
  million_g: string;
  million_eur: string; // machine included where its cost is told
  front: boolean; // no other is better in time, carbon or cost without being worse in another
  time_parts: Part[];
  energy_parts: Part[];
  links: Links | null; // null: nothing goes over a link
}

export interface Work {
  title: string;
  line: string; // model, tokens, batch
  unit: string; // tokens or samples
}

// Proposals that differ in their GPU counts alone, by number.
export interface Curve {
  work: number;
  title: string;
  proposals: number[];
}

// A figure that was moved to both ends of its range and changed something.
export interface Moved {
  objects: string[]; // "platform it4lia"
  path: string;
  words: string;
  value: string;
  low: string; // "": the field does not permit it
  high: string;
  range: string;
  source: string;
  confidence: string;
  effect: string; // on the leads
  turns: boolean; // an answer
  span: number;
}

export interface Bar {
  row: number; // of Influence.rows
  low: number | null; // lead at the ends; null: the best one has no answer there
  high: number | null;
  text: string;
  turns: boolean;
  turns_to: string;
}

export interface Tornado {
  work: number;
  metric: 'time' | 'carbon' | 'cost';
  best: string;
  next: string | null; // null: alone, and the bars are how far its own figure moves
  lead: number;
  lead_text: string;
  moving: number; // figures that move the lead
  turning: number; // those that turn the answer
  bars: Bar[]; // the widest
}

export interface Influence {
  moved: number; // figures
  runs: number;
  rows: Moved[];
  tornados: Tornado[];
}

export interface Evidence {
  machine: string;
  what: string;
  how: string;
  band: string;
  source: string;
}

export interface Machine {
  title: string;
  proposals: number[];
  svg: string;
}

export interface Inputs {
  object: string;
  title: string;
  fitted: number; // constants of fitted models, not listed
  rows: { figures: [string, string][]; confidence: string; source: string }[];
}

export interface Board {
  scenario: string;
  command: string;
  title: string;
  question: string;
  version: string;
  fidelity: string;
  seed: number;
  answer: string[];
  works: Work[];
  proposals: Proposal[]; // by work, the soonest first
  curves: Curve[];
  influence: Influence | null; // null: not asked
  evidence: Evidence[];
  machines: Machine[];
  inputs: Inputs[];
}

export type Answered = Proposal & { problem: null };
export const answered = (p: Proposal): p is Answered => p.problem === null;
