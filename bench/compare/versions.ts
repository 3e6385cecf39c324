import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Workspace } from '../../test/support/processes/connector-process.ts'
import { frozenPackages, pythonVenv } from '../../test/support/tools/python-venv.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** A qrsync that can be run, or a script that does the same. */
export interface Version {
  name: string
  program: string
  /** The command of one sync. `preload` is a module to load first, if the program is Node. */
  words: (workspace: Workspace, preload?: string) => string[]
  /** Whether it has a ledger and workflows, whose work can be counted. */
  isQrsync: boolean
}

/** This checkout, as its package would run. */
export async function buildCurrent(): Promise<Version> {
  await build(root)
  return versionIn('current', root)
}

/**
 * Another version, installed next to this one: a tarball from `npm pack`, or a commit, tag or branch of this
 * repository.
 *
 * @param folder for it
 */
export async function installVersion(given: string, folder: string): Promise<Version> {
  const place = mkdtempSync(join(folder, 'version-'))
  if (given.endsWith('.tgz')) {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', place, resolve(given)])
    return versionIn(given, join(place, 'node_modules/qrsync'))
  }
  const tar = join(place, 'sources.tar')
  await run('git', ['-C', root, 'archive', '--format=tar', '--output', tar, given])
  await run('tar', ['-xf', tar, '-C', place])
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8')
  if (lock(place) === lock(root)) symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
  else await run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', place], { maxBuffer: 2 ** 24 })
  await build(place)
  return versionIn(given, place)
}

async function build(place: string): Promise<void> {
  await run(process.execPath, ['build/main.ts'], { cwd: place, maxBuffer: 2 ** 24 })
}

/** With the Node options of its own command. */
function versionIn(name: string, place: string): Version {
  const [firstLine = ''] = readFileSync(join(place, 'bin/qrsync.js'), 'utf8').split('\n')
  const options = firstLine.split(' ').filter((word) => word.startsWith('--'))
  const main = join(place, 'dist/src/cli/main.js')
  return {
    name,
    program: process.execPath,
    words: ({ config }, preload) => [
      ...(preload === undefined ? [] : ['--import', preload]),
      ...options,
      main,
      'up',
      '--once',
      '--config',
      config,
    ],
    isQrsync: true,
  }
}

/** A script with dlt that has a cursor for each code and skips those whose count has not changed. */
export async function installDltScript(): Promise<Version> {
  const commands = await pythonVenv(frozenPackages('dlt'))
  const script = fileURLToPath(new URL('dlt_script.py', import.meta.url))
  return {
    name: 'dlt script',
    program: join(commands, 'python'),
    words: ({ folder }) => [script, folder],
    isQrsync: false,
  }
}
