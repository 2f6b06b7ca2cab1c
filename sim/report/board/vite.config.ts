// `npm run build`: of each page (board: of `aifsim compare`; serve: of `aifsim serve`, in src/serve) one script and one style sheet, minified,
// without a line that a browser would have to fetch. Their first line names the sources that they were built from: tests/board checks it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

// The page of `aifsim compare` takes nothing from src/serve.
function sources(page: string): string {
  const own = ['package-lock.json', 'package.json', 'tsconfig.json', 'vite.config.ts'];
  const below = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .filter(path => page === 'serve' || !path.startsWith('src/serve/'));
  return [...own, ...below].sort().map(path => `${path} ${sha256(readFileSync(path))}\n`).join('');
}

// The style that Plot puts into each drawing, of which the page's policy must know the hash.
function plotStyle(): string {
  const found = /svg\.append\("style"\)\.text\(\s*`([^`]*)`/.exec(readFileSync('node_modules/@observablehq/plot/src/plot.js', 'utf8'));
  if (!found) throw new Error('where is the style that Plot gives its drawings?');
  return found[1].replaceAll('${className}', 'drawing');
}

const named = (page: string): Plugin => ({
  name: 'names its sources',
  enforce: 'post',
  generateBundle(_, bundle) {
    const line = `/* sources ${sha256(sources(page))} */\n`;
    for (const file of Object.values(bundle)) {
      if (file.type === 'chunk') file.code = line + file.code.trim() + '\n';
      else file.source = line + String(file.source).trim() + '\n';
    }
    if (page === 'board') this.emitFile({ type: 'asset', fileName: 'plot.css', source: plotStyle() });
  },
});

export default defineConfig(({ mode }) => {
  const page = mode === 'serve' ? 'serve' : 'board';
  return {
    build: {
      target: 'es2022',
      emptyOutDir: page === 'board',  // the first of the two
      lib: {
        entry: page === 'serve' ? 'src/serve/main.ts' : 'src/main.ts',
        formats: ['iife'],
        name: page,
        fileName: () => `${page}.js`,
        cssFileName: page,
      },
    },
    plugins: [named(page)],
  };
});
