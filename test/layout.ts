/**
 * Checks what a newcomer meets first: no folder holds more files than one can read at a glance, and no thought of a few lines
 * has a file of its own that only one other file imports. Ends with 1 and a line for each that does.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'

const mostFilesPerFolder = 20
const fewestLines = 25
/** Of the product, whose files are read; a test file is imported by nobody. */
const product = /^(src|activities|workflows)\//

/** The entries of a list: each has its file by convention. */
const entries = /\/(migrations|commands|routes)\//

const { output } = await cruise(['src', 'reference-api', 'activities', 'workflows', 'test', 'bench'], {
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules' },
})
const { modules } = output as ICruiseResult
const files = modules.filter(({ source }) => source.endsWith('.ts') && !source.startsWith('node_modules'))

const tests = files
  .filter(({ source }) => source.startsWith('test/'))
  .map(({ source }) => readFileSync(source, 'utf8'))
const problems = [...crowdedFolders(), ...lonelyFiles()]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

function crowdedFolders(): string[] {
  const folders = Map.groupBy(files, ({ source }) => dirname(source))
  return [...folders]
    .filter(([, inside]) => inside.length > mostFilesPerFolder)
    .map(([folder, inside]) => `${folder}: ${inside.length} files, ${mostFilesPerFolder} are the most.`)
}

function lonelyFiles(): string[] {
  return files
    .filter(({ source }) => product.test(source) && !entries.test(source) && !isNamedByTest(source))
    .flatMap(({ source, dependents }) => {
      const importers = dependents.filter((path) => product.test(path))
      const lines = readFileSync(source, 'utf8').trimEnd().split('\n').length
      const [importer] = importers
      if (importers.length !== 1 || importer === undefined || lines > fewestLines) return []
      return [
        `${source}: ${lines} lines that only ${importer} imports. Move them into a file of the same thought.`,
      ]
    })
}

/** A test may run or replace a file by its path. */
function isNamedByTest(source: string): boolean {
  return tests.some((text) => text.includes(`/${basename(source)}`))
}
