import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** A qrsync that can be run. */
export interface Version {
  name: string
  /** What Node is started with: its options, and the command. */
  words: string[]
}

/** This checkout, as its package would run. */
export async function buildCurrent(): Promise<Version> {
  await build(root)
  return versionIn('current', root)
}

/**
 * Another version, installed beside this one: a tarball as `npm pack` makes it, or a commit, tag or branch of this repository.
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

/** With the options of Node's that its own command has. */
function versionIn(name: string, place: string): Version {
  const [firstLine = ''] = readFileSync(join(place, 'bin/qrsync.js'), 'utf8').split('\n')
  const options = firstLine.split(' ').filter((word) => word.startsWith('--'))
  return { name, words: [...options, join(place, 'dist/src/cli/main.js')] }
}
