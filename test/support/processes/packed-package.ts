import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cachedTool, run } from '../tools/cached-tool.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The package that `npm pack` creates. */
export interface PackedPackage extends Disposable {
  tarball: string
  /** Its content. */
  folder: string
  /** Its paths, sorted. */
  files: string[]
}

/** Packs this repository, which builds it. */
export async function packPackage(): Promise<PackedPackage> {
  const scratch = mkdtempSync(join(tmpdir(), 'qrsync-packed-'))
  const words = ['pack', '--json', '--workspaces=false', '--pack-destination', scratch]
  const { stdout } = await run('npm', words, { cwd: root, maxBuffer: 2 ** 24 })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  const tarball = join(scratch, packed.filename)
  await run('tar', ['-xzf', tarball, '-C', scratch])
  return {
    tarball,
    folder: join(scratch, 'package'),
    files: packed.files.map(({ path }) => path).sort(),
    [Symbol.dispose]: () => {
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** Downloads a version of Node as a package from npm. */
export function nodeOfVersion(version: string): Promise<string> {
  const make = async (folder: string) => {
    const scratch = join(folder, 'package')
    mkdirSync(scratch)
    writeFileSync(join(scratch, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }')
    await run('npm', ['install', '--no-fund', '--no-audit', `node@${version}`], { cwd: scratch })
    copyFileSync(join(scratch, 'node_modules/node/bin/node'), join(folder, 'node'))
    rmSync(scratch, { recursive: true })
  }
  const isThis = async (command: string) => {
    const { stdout } = await run(command, ['--version']).catch(() => ({ stdout: '' }))
    return stdout.trim() === `v${version}`
  }
  return cachedTool('node', version, make, isThis)
}

export interface Place extends Disposable {
  folder: string
  /** Runs a command like a user who has this Node, npm, and nothing of this repository. */
  run(command: string, words: readonly string[], environment?: Record<string, string>): Promise<string>
}

/** Variables for a user's files, caches and network access to the registry. */
const ofUser =
  /^(HOME|XDG_\w+|npm_config_(cache|registry|cafile)|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|(HTTPS?|NO)_PROXY)$/i

/** An empty folder. */
export function emptyPlace(node: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-installed-'))
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((part) => !part.includes('node_modules'))
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => ofUser.test(name)))
  return {
    folder,
    async run(command, words, environment = {}) {
      const { stdout } = await promisify(execFile)(command, words, {
        cwd: folder,
        env: {
          PATH: [join(folder, 'bin'), dirname(node), ...path].join(delimiter),
          ...kept,
          ...environment,
        },
        maxBuffer: 2 ** 24,
      })
      return stdout
    },
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
