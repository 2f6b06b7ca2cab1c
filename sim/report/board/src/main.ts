import './board.css';
import { againSection, assumptionsSection, evidenceSection, machinesSection } from './basis';
import { curvesSection } from './curves';
import type { Board } from './data';
import { h } from './dom';
import { drawAll } from './drawing';
import { firstPage } from './first_page';
import { frontSection } from './front';
import { influenceSection } from './influence';
import { linksSection } from './links';
import { partsSections } from './parts';
import { patterns } from './patterns';

const board = JSON.parse(document.getElementById('data')!.textContent!) as Board;
const sections = [
  influenceSection(board),
  curvesSection(board),
  frontSection(board),
  ...partsSections(board),
  linksSection(board),
  evidenceSection(board),
  machinesSection(board),
  assumptionsSection(board),
  againSection(board),
].filter(section => section !== null);
const links = sections.map(section => h('a', { href: `#${section.id}` }, section.querySelector('h2')!.textContent));
document.getElementById('board')!.replaceChildren(
  patterns(),
  h('main', {}, firstPage(board), h('nav', { 'aria-label': 'Behind the answer', class: 'screen' }, ...links), ...sections),
  h('footer', {}, `Made by aifsim ${board.version}. This page loads nothing.`),
);
document.body.classList.toggle('dense', board.proposals.length > 12);
drawAll();
document.documentElement.dataset.drawn = 'yes';
