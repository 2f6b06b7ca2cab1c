// The page of `aifsim compare` in a browser: what it draws, says, prints, and that it loads nothing. Needs node, the
// packages of sim/report/board and chromium; none of it goes to a network.
//   AIFSIM=build/aifsim CHROMIUM=/usr/bin/chromium node --test tests/board/page_test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const { chromium } = createRequire(join(root, 'sim/report/board/package.json'))('playwright-core');
const folder = mkdtempSync(join(tmpdir(), 'aifsim-board-'));

// Two machines, two models, two sizes of one of them, and a proposal without an answer.
const scenario = `kind: scenario
title: Two machines & <two> models
question: "Which is sooner, and who has less carbon?"
platforms: [mn5_acc, leonardo_booster]
gpus: [4, 16]
placement: {policy: scattered}
variants:
  - {label: one, training: {global_batch: 32, tokens: 1B, availability: 95%, context_parallel: 1, virtual_stages: 1, recompute: full, micro_batch: 1}}
sweep:
  workload: [llama3-8b, poro-34b]
`;

function compare(name, text, ...options) {
  const file = join(folder, `${name}.yaml`), page = join(folder, `${name}.html`);
  writeFileSync(file, text);
  const ran = spawnSync(resolve(process.env.AIFSIM), ['compare', file, '--out', join(folder, name), '--report', page, ...options], {
    env: { ...process.env, AIFSIM_HOME: root },
    encoding: 'utf8',
  });
  assert.ok(ran.status === 0 || ran.status === 1, ran.stderr);
  return page;
}

let browser, page;
before(async () => {
  page = compare('two', scenario, '--fidelity', 'analytical');
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

// The page, and all that its console and its policy complain of, and what it asks of a network.
async function opened(file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  const complaints = [];
  tab.on('console', message => complaints.push(message.text()));
  tab.on('pageerror', error => complaints.push(error.message));
  tab.on('request', request => {
    if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await tab.goto(`file://${file}`);
  await tab.waitForSelector('html[data-drawn=yes]', { timeout: 20000 });
  return { tab, complaints, data: JSON.parse(await tab.textContent('#data')) };
}

const overflow = tab => tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('the page of a comparison', () => {
  test('draws every chart, without a complaint', async () => {
    const { tab, complaints, data } = await opened(page);
    assert.deepEqual(complaints, []);
    const charts = await tab.$$eval('svg.drawing', all => all.map(svg => [svg.getAttribute('aria-label'), svg.querySelectorAll('[aria-label=bar] rect, [aria-label=cell] rect, [aria-label=dot] circle, [aria-label=dot] path').length]));
    assert.ok(charts.length >= 8, `${charts.length} charts`);
    for (const [name, marks] of charts) assert.ok(name && marks > 0, `${name}: ${marks} marks`);
    assert.ok(data.influence.moved > 10 && data.influence.rows.length > 0);
    assert.ok(data.curves.length > 0);
  });

  test('answers on its first page: question, three sentences, chart, table', async () => {
    const { tab, data } = await opened(page);
    assert.equal(await tab.textContent('h1'), 'Two machines & <two> models');
    assert.equal(await tab.textContent('.question'), data.question);
    assert.deepEqual(await tab.$$eval('.answer p', all => all.map(p => p.textContent)), data.answer);
    assert.equal(data.answer.length, 3);
    assert.equal(await tab.$$eval('.first-page svg.drawing', all => all.length), 1);
    assert.equal(await tab.$$eval('.first-page table', all => all.length), 1);
  });

  test('has complete tables: each proposal, moved figure and input', async () => {
    const { tab, data } = await opened(page);
    const rows = await tab.$$eval('.first-page tbody tr', all => all.map(row => row.textContent));
    assert.equal(rows.length, data.proposals.length);
    data.proposals.forEach((p, k) => assert.ok(rows[k].includes(p.problem === null ? p.time.text : p.reason), rows[k]));
    assert.ok(data.proposals.some(p => p.problem !== null) && data.proposals.some(p => p.problem === null));
    const count = selector => tab.$$eval(selector, all => all.length);
    assert.equal(await count('#evidence tbody tr'), data.evidence.length);
    assert.equal(await count('#again tbody tr'), data.proposals.length);
    const moved = data.influence.rows.filter(row => row.effect).length;
    const inputs = data.inputs.reduce((sum, group) => sum + group.rows.length, 0);
    assert.equal(await count('#assumptions tbody tr'), moved + inputs);
    for (const cells of await tab.$$eval('table', all => all.map(t => [...t.rows].map(r => [...r.cells].reduce((n, c) => n + c.colSpan, 0)))))
      assert.equal(new Set(cells).size, 1, 'rows of one table have equally many cells');
    for (const machine of await tab.$$('#machines img')) assert.ok(await machine.evaluate(img => img.decode().then(() => img.naturalWidth > 100)));
    assert.equal(await count('#machines img'), data.machines.length);
  });

  test('is worked by keyboard, and every control and chart has a name', async () => {
    const { tab, complaints, data } = await opened(page);
    await tab.keyboard.press('Tab');
    const seen = new Set();
    for (let k = 0; k < 200; ++k) {
      seen.add(await tab.evaluate(() => document.activeElement.id || document.activeElement.tagName));
      await tab.keyboard.press('Tab');
    }
    for (const wanted of ['A', 'SUMMARY', 'DIV', 'tornado', 'linked', 'find', 'guesses']) assert.ok(seen.has(wanted), `${wanted} is reached`);
    await tab.focus('#tornado');
    await tab.keyboard.press('ArrowDown');
    assert.equal(await tab.inputValue('#tornado'), '1');
    assert.equal(await tab.$$eval('#influence .panel:not(.off)', all => all.length), 1);
    assert.ok(await tab.$eval('#influence .panel:not(.off) svg.drawing', svg => svg.querySelectorAll('rect').length > 0));
    await tab.focus('#find');
    await tab.keyboard.type('no such words');
    assert.equal(await tab.$$eval('#assumptions details tbody tr:not([hidden])', all => all.length), 0);
    assert.deepEqual(await tab.$$eval('svg.drawing', all => all.filter(svg => svg.getAttribute('role') !== 'img' || !svg.getAttribute('aria-label')).length), 0);
    assert.equal(await tab.$$eval('input, select', all => all.filter(e => e.labels.length === 0).length), 0);
    assert.ok(data.proposals.length > 0);
    assert.deepEqual(complaints, []);
  });

  test('tells where the bytes go: links by class, and who sends to whom', async () => {
    const { tab, complaints, data } = await opened(page);
    const linked = data.proposals.filter(p => p.problem === null && p.links !== null);
    assert.ok(linked.length > 1 && linked.some(p => p.links.traffic !== null));
    assert.equal(await tab.$$eval('#linked option', all => all.length), linked.length);
    for (const p of linked) {
      await tab.focus('#linked');
      await tab.selectOption('#linked', `${p.number}`);
      assert.equal(await tab.$$eval('#links .panel:not(.off)', all => all.length), 1);
      assert.ok((await tab.textContent('#links .panel:not(.off)')).includes(p.links.sentence));
      const rows = await tab.$$eval('#links .panel:not(.off) table', all => all.map(t => t.tBodies[0].rows.length));
      assert.deepEqual(rows, p.links.traffic === null ? [p.links.classes.length] : [p.links.classes.length, p.links.traffic.names.length]);
      const bars = await tab.$$eval('#links .panel:not(.off) [aria-label=bar] rect', all => all.length);
      assert.ok(bars >= 2 * p.links.classes.length, `${bars} pieces`);
      const cells = await tab.$$eval('#links .panel:not(.off) [aria-label=cell] rect', all => all.length);
      assert.equal(cells, p.links.traffic === null ? 0 : p.links.traffic.names.length ** 2);
      for (const c of p.links.classes) assert.ok(c.bins.length <= 64 && c.bins.every(bin => bin >= 0 && bin <= 1000));
    }
    assert.deepEqual(complaints, []);
  });

  test('levels of heat go from light to dark, or from dark to light in dark mode, and their words stay readable', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { tab } = await opened(page, { colorScheme });
      const light = await tab.evaluate(() => {
        const probe = document.body.appendChild(document.createElement('p'));
        return ['--heat0', '--heat1', '--heat2', '--heat3', '--heat4', '--heat5', '--heat6', '--heat7', '--heat8', '--ink', '--paper'].map(name => {
          probe.style.color = `var(${name})`;
          const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
          return 0.299 * r + 0.587 * g + 0.114 * b;
        });
      });
      const [ink, paper] = light.splice(9);
      const away = colorScheme === 'light' ? -1 : 1;
      for (let k = 1; k < light.length; ++k) assert.ok(away * (light[k] - light[k - 1]) > 12, `${colorScheme}: level ${k}`);
      light.forEach((l, k) => assert.ok(Math.abs(l - (k > 4 ? paper : ink)) > 100, `${colorScheme}: words on level ${k}`));
    }
  });

  test('fits a phone, and follows dark mode', async () => {
    const { tab, complaints } = await opened(page, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    assert.ok((await overflow(tab)) <= 0, 'nothing but tables scrolls sideways');
    const [ink, paper] = await tab.$eval('section', e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor].map(c => Math.max(...c.match(/\d+/g).map(Number))));
    assert.ok(ink > 200 && paper < 60, `ink ${ink} on ${paper}`);
    assert.deepEqual(complaints, []);
    await tab.setViewportSize({ width: 1280, height: 900 });
    await tab.waitForFunction(() => document.querySelector('svg.drawing').viewBox.baseVal.width > 600);
    assert.ok((await overflow(tab)) <= 0);
  });

  test('stays apart in greyscale: fills of neighbouring parts differ in lightness or in lines', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { tab } = await opened(page, { colorScheme });
      const parts = await tab.$$eval('pattern[id^=part]', all =>
        all.map(pattern => {
          const [r, g, b] = getComputedStyle(pattern.querySelector('rect')).fill.match(/\d+/g).map(Number);
          return { light: 0.299 * r + 0.587 * g + 0.114 * b, lines: pattern.querySelector('path').getAttribute('d') };
        }),
      );
      assert.equal(parts.length, 9);
      for (let k = 1; k < parts.length; ++k)
        assert.ok(Math.abs(parts[k].light - parts[k - 1].light) > 40 || parts[k].lines !== parts[k - 1].lines, `${colorScheme}: part ${k}`);
    }
  });

  test('prints on at most 15 pages of A4, the answer on the first, nothing cut', async () => {
    const { tab, complaints } = await opened(page);
    const pdf = await tab.pdf({ preferCSSPageSize: true, printBackground: true });
    const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) ?? []).length;
    assert.ok(pages >= 2 && pages <= 15, `${pages} pages`);
    assert.deepEqual(complaints, []);
    await tab.emulateMedia({ media: 'print' });
    await tab.setViewportSize({ width: 700, height: 990 });
    assert.ok((await overflow(tab)) <= 0);
    assert.ok((await tab.$eval('.first-page', e => e.getBoundingClientRect().height)) < 1010, 'the first page is one page');
  });

  test('runs nothing but its bundle: its policy refuses other scripts, styles and requests', async () => {
    const html = readFileSync(page, 'utf8');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)[1];
    assert.ok(!policy.includes('unsafe'), policy);
    assert.ok(html.length < 1.5e6);
    const { tab, complaints } = await opened(page);
    const ran = await tab.evaluate(async () => {
      document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.ran = true' }));
      document.body.insertAdjacentHTML('beforeend', '<p id="styled" style="color: rgb(1, 2, 3)">x</p>');
      const fetched = await fetch('https://example.org/').then(() => true, () => false);
      return [globalThis.ran ?? false, getComputedStyle(document.getElementById('styled')).color === 'rgb(1, 2, 3)', fetched];
    });
    assert.deepEqual(ran, [false, false, false]);
    assert.ok(complaints.length >= 3);
  });

  test('says what it leaves out without influence, and is the same twice', async () => {
    const file = compare('less', scenario.replace(', poro-34b', '').replace(', 16', ''), '--fidelity', 'analytical', '--no-influence');
    const first = readFileSync(file, 'utf8');
    const { tab, complaints, data } = await opened(file);
    assert.equal(data.influence, null);
    assert.match(await tab.textContent('#influence'), /--no-influence/);
    assert.deepEqual(complaints, []);
    compare('less', scenario.replace(', poro-34b', '').replace(', 16', ''), '--fidelity', 'analytical', '--no-influence');
    assert.equal(readFileSync(file, 'utf8'), first);
  });
});
