import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { access, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import envPaths from 'env-paths'

const run = promisify(execFile)

/** Python packages that a test needs, in the form of pip: `schemathesis==4.0.0`. */
export interface VenvOptions {
  /** The name of the folder. */
  name: string
  packages: string[]
}

/**
 * Creates a virtual environment with packages from PyPI, once for each list of packages, in our cache. Two
 * processes may ask for it at once.
 *
 * @returns the folder of its commands, `python` and those of the packages
 * @throws an error that says what is missing: Python 3.10 or newer with `venv`, or the package that pip could
 *   not install
 */
export async function pythonVenv({ name, packages }: VenvOptions): Promise<string> {
  const list = createHash('sha256').update(packages.toSorted().join('\n')).digest('hex').slice(0, 12)
  const venv = join(envPaths('qrsync', { suffix: '' }).cache, `python-${name}-${list}`)
  const commands = join(venv, 'bin')
  if (await access(join(commands, 'python')).then(isTrue, isFalse)) return commands
  await mkdir(dirname(venv), { recursive: true })
  // A link may be left whose Python no longer exists.
  await rm(venv, { force: true })
  // The commands contain the path of the folder in which they were installed, so it is not moved: the link is
  // created last.
  const made = await mkdtemp(`${venv}-`)
  try {
    await fill(made, packages)
    await symlink(made, venv)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    // A faster process has put the same there.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return commands
}

/**
 * A package with all its dependencies, each at the version in `test/support/python/<name>.txt`, in the format
 * of `pip freeze`.
 */
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
