/**
 * `npm run build`: makes `dist/`, from which the published package and the image run. It contains JavaScript of
 * everything that the command needs, the types of what programs import, and the bundles of the workflows.
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { workflowModules } from '../src/observability/tracing.ts'
import { failureConverterPath } from '../src/temporal/encryption/data-converter.ts'
import { builtBundle, bundleWorkflows } from '../src/worker/bundle-workflows.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const mapBegin = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,'
/** `from './x.ts'` and `import('./x.ts')` */
const relativeImport = /((?:from |import\()['"]\.[^'"]+)\.ts(['"])/g
const ofWorkflows = /^workflows\/.+\.ts$/

rmSync(dist, { recursive: true, force: true })
compile()
keepPublicTypes()
await bundle()

function compile(): void {
  const compiler = join(root, 'node_modules/typescript-7/bin/tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the sources do not compile')
  // The compiler copies imported JSON, but the package must have only one package.json.
  rmSync(join(dist, 'package.json'))
}

/** Keeps only the declarations that the one of `index.ts` refers to. */
function keepPublicTypes(): void {
  const kept = new Set<string>()
  const queue = [join(dist, 'src/index.d.ts')]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (kept.has(file)) continue
    kept.add(file)
    const text = readFileSync(file, 'utf8')
    const folder = dirname(file)
    // The compiler changes the suffix in code only.
    writeFileSync(file, text.replaceAll(relativeImport, '$1.js$2'))
    for (const [, path = ''] of text.matchAll(relativeImport)) {
      queue.push(join(folder, `${path.slice(path.search(/\./))}.d.ts`))
    }
  }
  for (const name of globSync('**/*.d.ts', { cwd: dist })) {
    const file = join(dist, name)
    if (!kept.has(file)) rmSync(file)
  }
}

async function bundle(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') })
  for (const interceptorModules of [[], workflowModules]) {
    for (const converter of [undefined, failureConverterPath]) {
      const parts = { interceptorModules, failureConverterPath: converter }
      const { code } = await bundleWorkflows(parts)
      const file = builtBundle(parts)
      writeFileSync(join(dist, file), withPublicMap(code, basename(file)))
    }
  }
}

interface SourceMap {
  file: string
  sources: string[]
  sourcesContent: (string | null)[]
}

/**
 * Writes a bundle whose source map names files by their path in the package, not on the machine that built it,
 * and contains only our own sources: those of packages are two thirds of a bundle.
 */
function withPublicMap(bundle: string, file: string): string {
  const begin = bundle.lastIndexOf(mapBegin) + mapBegin.length
  const map = JSON.parse(Buffer.from(bundle.slice(begin), 'base64').toString()) as SourceMap
  // Webpack's own name for it depends on the folder in which it is built.
  map.file = file
  map.sources = map.sources.map((source) => source.replace(`${root}/`, ''))
  map.sourcesContent = map.sourcesContent.map((text, at) =>
    ofWorkflows.test(map.sources[at] ?? '') ? text : null,
  )
  return bundle.slice(0, begin) + Buffer.from(JSON.stringify(map)).toString('base64')
}
