import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { access, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import envPaths from 'env-paths'

const run = promisify(execFile)

/** Python packages that a test needs, each as pip is told of it: `schemathesis==4.0.0`. */
export interface VenvOptions {
  /** What the folder is called. */
  name: string
  packages: string[]
}

/**
 * A virtual environment with packages from PyPI, made once for each list of packages and kept in our cache. Two
 * processes may ask for it at once.
 *
 * @returns the folder of its commands, `python` and those of the packages
 * @throws with what is missing: Python 3.10 or newer with `venv`, or the package that pip could not have
 */
export async function pythonVenv({ name, packages }: VenvOptions): Promise<string> {
  const list = createHash('sha256').update(packages.toSorted().join('\n')).digest('hex').slice(0, 12)
  const venv = join(envPaths('qrsync', { suffix: '' }).cache, `python-${name}-${list}`)
  const commands = join(venv, 'bin')
  if (await access(join(commands, 'python')).then(isTrue, isFalse)) return commands
  await mkdir(dirname(venv), { recursive: true })
  // A link may be left whose Python is gone.
  await rm(venv, { force: true })
  // The commands name the folder that they were installed in, so it stays where it is made: only the link is set last.
  const made = await mkdtemp(`${venv}-`)
  try {
    await fill(made, packages)
    await symlink(made, venv)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    // Whoever was faster has put the same there.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return commands
}

/** A package and all that it needs, each at the one version of `test/support/python/<name>.txt`, as `pip freeze` writes it. */
export function frozenPackages(name: string): VenvOptions {
  const file = new URL(`python/${name}.txt`, import.meta.url)
  return { name, packages: readFileSync(file, 'utf8').trim().split('\n') }
}

async function fill(folder: string, packages: string[]): Promise<void> {
  await run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).catch(() => {
    throw new Error('python3 is not installed, or is older than Python 3.10')
  })
  await run('python3', ['-m', 'venv', folder]).catch(failWith('python3 -m venv'))
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input']
  await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...quiet, ...packages]).catch(
    failWith('pip'),
  )
}

const isTrue = () => true
const isFalse = () => false

function failWith(command: string): (error: Error & { stdout?: string; stderr?: string }) => never {
  return ({ stdout = '', stderr = '', message }) => {
    const said =
      /^ERROR: (.*?)(?: \(from versions.*)?$/m.exec(stderr)?.[1] ??
      /^(Error.*|.*not created.*)/m.exec(stdout)?.[1] ??
      message
    throw new Error(`${command}: ${said}`)
  }
}
