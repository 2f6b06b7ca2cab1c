// The page of `aifsim serve` in a browser: from fields to a report by keyboard and on a phone, and what a page of another site gets.
// Needs node, the packages of sim/report/board and chromium; all of it stays on this machine.
//   AIFSIM=build/aifsim CHROMIUM=/usr/bin/chromium node --test tests/board/serve_test.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const { chromium } = createRequire(join(root, 'sim/report/board/package.json'))('playwright-core');
const folder = mkdtempSync(join(tmpdir(), 'aifsim-page-'));

let served, address, browser, foreign;
before(async () => {
  served = spawn(resolve(process.env.AIFSIM), ['serve', '--port', '0'], {
    env: { ...process.env, AIFSIM_HOME: root, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  address = await new Promise((found, failed) => {
    let text = '';
    served.stdout.on('data', data => (text += data).includes('\n') && found(text.trim()));
    served.on('exit', code => failed(new Error(`serve ended with ${code}: ${text}`)));
  });
  foreign = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!DOCTYPE html><title>foreign</title>'));
  await new Promise(ready => foreign.listen(0, '127.0.0.1', ready));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(async () => {
  await browser?.close();
  foreign?.close();
  if (served?.exitCode === null) {
    const ended = new Promise(done => served.on('exit', done));
    served.kill('SIGINT');
    assert.equal(await ended, 130);
    assert.deepEqual(readdirSync(folder).filter(name => name.startsWith('aifsim-serve')), []);
  }
  rmSync(folder, { recursive: true });
});

// The page, and all that its console and its policy complain of, and what it asks elsewhere.
async function opened(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  const tab = await context.newPage();
  const complaints = [];
  tab.on('console', message => complaints.push(message.text()));
  tab.on('pageerror', error => complaints.push(error.message));
  tab.on('request', request => {
    if (!/^(data:|blob:|about:)/.test(request.url()) && new URL(request.url()).origin !== new URL(address).origin) complaints.push(request.url());
  });
  await tab.goto(address);
  await tab.waitForSelector('html[data-drawn=yes]', { timeout: 60000 });
  return { tab, complaints };
}

const yaml = tab => tab.inputValue('#yaml');
const overflow = tab => tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// A quick comparison by its fields.
async function fill(tab) {
  for (const name of ['mn5_acc', 'leonardo_booster']) {
    await tab.fill('#find', name);
    await tab.check(`input[value=${name}]`);
  }
  await tab.selectOption('#workload', 'llama3-8b');
  for (const [id, value] of Object.entries({ gpus: '16', tokens: '1B', global_batch: '32', context_parallel: '1', pipeline_parallel: '1', micro_batch: '1' }))
    await tab.fill(`#${id}`, value);
  await tab.selectOption('#recompute', 'full');
  await tab.selectOption('#fidelity', 'analytical');
  await tab.fill('#title', 'Two <machines>: "one" question');
}

describe('the page of aifsim serve', () => {
  test('makes a scenario of its fields, and keeps its token out of the address', async () => {
    const { tab, complaints } = await opened();
    assert.equal(tab.url(), new URL('/', address).href);
    await fill(tab);
    const text = await yaml(tab);
    for (const line of ['platforms: [leonardo_booster, mn5_acc]', 'workload: llama3-8b', 'gpus: [16]', 'fidelity: analytical', '      tokens: 1B', '      micro_batch: 1'])
      assert.ok(text.split('\n').includes(line), `${line} in\n${text}`);
    await tab.fill('#find', 'no such machine');
    assert.equal(await tab.$$eval('.choices .choice:not([hidden])', all => all.length), 2, 'those that are chosen stay');
    await tab.fill('#yaml', text + '# mine\n');
    await tab.fill('#gpus', '32');
    assert.ok((await yaml(tab)).endsWith('# mine\n') && (await yaml(tab)).includes('gpus: [16]'), 'what was edited by hand stays');
    await tab.click('text=Take the fields again');
    assert.ok((await yaml(tab)).includes('gpus: [32]'));
    await tab.reload();
    await tab.waitForSelector('html[data-drawn=yes]', { timeout: 60000 });
    assert.deepEqual(complaints, []);
  });

  test('tells what is wrong beside the text, with its place', async () => {
    const { tab, complaints } = await opened();
    await fill(tab);
    await tab.fill('#yaml', (await yaml(tab)).replace('mn5_acc', 'mn5_ac').replace('global_batch', 'global_bach'));
    await tab.click('#check');
    await tab.waitForSelector('#problems.wrong li', { timeout: 60000 });
    const told = await tab.$$eval('#problems li', all => all.map(li => li.textContent));
    assert.ok(told.some(line => /^Error scenario\.yaml:4:\d+ .*did you mean/.test(line)), told.join('\n'));
    assert.ok(told.some(line => line.includes('global_bach')), told.join('\n'));
    assert.deepEqual(await tab.$$eval('.numbers .wrong', all => all.map(n => n.textContent)).then(all => all[0]), '!4');
    await tab.focus('#problems li:first-child button');
    await tab.keyboard.press('Enter');
    assert.equal(await tab.evaluate(() => document.activeElement.id), 'yaml');
    assert.ok((await tab.$eval('#yaml', area => area.value.slice(area.selectionStart, area.selectionEnd))).startsWith('mn5_ac'));
    // A run that cannot begin says the same.
    await tab.fill('#yaml', (await yaml(tab)).replace('mn5_ac]', 'mn5_acc]').replace(/ +global_bach.*\n/, ''));
    await tab.click('#run');
    await tab.waitForSelector('#problems.wrong:has-text("training.global_batch is missing")', { timeout: 60000 });
    assert.deepEqual(complaints, []);
  });

  test('runs, by keyboard alone, and shows the report and its files', async () => {
    const { tab, complaints } = await opened();
    await fill(tab);
    await tab.uncheck('#influence');
    await tab.focus('#run');
    await tab.keyboard.press('Enter');
    await tab.waitForSelector('#result', { timeout: 120000 });
    assert.equal(await tab.textContent('#result h2'), 'Two <machines>: "one" question');
    assert.match(await tab.textContent('#result .answer'), /^Soonest is /);
    assert.equal(await tab.$$eval('#result tbody tr', all => all.length), 2);
    const frame = await (await tab.waitForSelector('#result iframe')).contentFrame();
    await frame.waitForSelector('html[data-drawn=yes]', { timeout: 30000 });
    await tab.locator('#result iframe').scrollIntoViewIfNeeded();  // what is out of sight is drawn later
    await frame.waitForSelector('svg.drawing >> nth=3', { state: 'attached', timeout: 30000 });
    const alone = await frame.evaluate(async () => [self.origin, await fetch('/api/runs').then(() => true, () => false)]);
    assert.deepEqual(alone, ['null', false], 'the report can ask nothing');
    const saved = {};
    for (const name of ['report.html', 'result.json', 'scenario.yaml']) {
      const [download] = await Promise.all([tab.waitForEvent('download'), tab.click(`#result button:has-text("Download ${name}")`)]);
      assert.equal(download.suggestedFilename(), name);
      saved[name] = readFileSync(await download.path(), 'utf8');
    }
    assert.equal(JSON.parse(saved['result.json']).works[0].proposals.length, 2);
    assert.equal(saved['scenario.yaml'], await yaml(tab));
    assert.ok(saved['report.html'].startsWith('<!DOCTYPE html>'));
    assert.deepEqual(complaints.filter(text => !text.includes('/api/runs')), [], 'but that the report may not ask');
  });

  test('shows how far a run is, and cancels it', async () => {
    const { tab, complaints } = await opened();
    await fill(tab);
    for (const id of ['context_parallel', 'pipeline_parallel', 'micro_batch']) await tab.fill(`#${id}`, '');
    await tab.fill('#gpus', '256, 512');
    await tab.selectOption('#fidelity', 'flow');
    await tab.click('#run');
    await tab.waitForSelector('#runs progress[value]', { timeout: 60000 });
    await tab.waitForSelector('#runs li.shown .status:has-text("left of this part")', { timeout: 60000 });
    await tab.focus('#runs button:has-text("Cancel")');
    await tab.keyboard.press('Enter');
    await tab.waitForSelector('#runs li.shown:has-text("cancelled after")', { timeout: 30000 });
    assert.deepEqual(complaints, []);
  });

  test('every control has a name, nothing scrolls sideways on a phone, dark mode is dark', async () => {
    const { tab, complaints } = await opened({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await fill(tab);
    assert.ok((await overflow(tab)) <= 0);
    await tab.click('#runs li:has-text("done") button:has-text("Show")');
    await tab.waitForSelector('#result iframe');
    assert.ok((await overflow(tab)) <= 0);
    const [ink, paper] = await tab.$eval('section', e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor].map(c => Math.max(...c.match(/\d+/g).map(Number))));
    assert.ok(ink > 200 && paper < 60, `ink ${ink} on ${paper}`);
    assert.equal(await tab.$$eval('input, select, textarea', all => all.filter(e => e.labels.length === 0).length), 0);
    assert.equal(await tab.$$eval('button', all => all.filter(e => e.textContent.trim() === '').length), 0);
    await tab.focus('#find');
    const seen = new Set();
    for (let k = 0; k < 120; ++k) {
      seen.add(await tab.evaluate(() => document.activeElement.id || document.activeElement.tagName));
      await tab.keyboard.press('Tab');
    }
    for (const wanted of ['workload', 'tokens', 'recompute', 'influence', 'yaml', 'check', 'run', 'open']) assert.ok(seen.has(wanted), `${wanted} is reached`);
    assert.deepEqual(complaints, []);
  });

  test('a page of another site can neither start a run nor read one, not even with the token', async () => {
    const { tab: own } = await opened();
    const token = await own.evaluate(() => sessionStorage.getItem('aifsim token'));
    const count = () => own.evaluate(async t => (await (await fetch('/api/runs', { headers: { Authorization: `Bearer ${t}` } })).json()).length, token);
    const runs = await count();
    assert.ok(runs > 0);
    const server = new URL('/', address).href;
    for (const site of [`http://127.0.0.1:${foreign.address().port}/`, `http://localhost:${foreign.address().port}/`]) {
      const tab = await own.context().newPage();
      await tab.goto(site);
      const got = await tab.evaluate(
        async ([at, secret]) => {
          const body = JSON.stringify({ scenario: 'kind: scenario' });
          const tried = (path, options) => fetch(at + path, options).then(answer => (answer.type === 'opaque' ? 'opaque' : answer.text()), () => 'refused');
          const form = document.createElement('form');
          Object.assign(form, { method: 'POST', action: at + 'api/runs', enctype: 'text/plain', target: 'posted' });
          form.append(Object.assign(document.createElement('input'), { name: body, value: '' }));
          const frame = Object.assign(document.createElement('iframe'), { name: 'posted' });
          const shown = Object.assign(document.createElement('iframe'), { src: at });
          document.body.append(frame, shown, form);
          form.submit();
          const script = await new Promise(done => document.head.append(Object.assign(document.createElement('script'), { src: at + 'api/runs/1/result.json', onload: () => done('loaded'), onerror: () => done('refused') })));
          await new Promise(done => setTimeout(done, 500));
          return {
            plain: await tried('api/runs', { method: 'POST', mode: 'no-cors', body, credentials: 'include' }),
            json: await tried('api/runs', { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secret}` }, body }),
            read: await tried('api/runs/1/result.json', { headers: { Authorization: `Bearer ${secret}` } }),
            page: await tried('', {}),
            script,
          };
        },
        [server, token],
      );
      assert.deepEqual({ ...got, plain: null }, { plain: null, json: 'refused', read: 'refused', page: 'refused', script: 'refused' }, site);
      assert.ok(['opaque', 'refused'].includes(got.plain), got.plain);
      for (const frame of tab.frames().slice(1)) assert.equal(await frame.$('#app').catch(() => null), null, 'no frame shows the page');
      assert.equal(await count(), runs, site);
      await tab.close();
    }
    const lost = await (await browser.newContext()).newPage();
    await lost.goto(server);
    await lost.waitForSelector('html[data-drawn=lost]');
    assert.match(await lost.textContent('[role=alert]'), /printed/);
  });
});
