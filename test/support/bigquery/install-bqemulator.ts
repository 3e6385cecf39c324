import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import envPaths from 'env-paths'

const run = promisify(execFile)
const constraints = fileURLToPath(new URL('bqemulator-constraints.txt', import.meta.url))
/** DuckDB's spatial extension comes as a package, because the emulator would download it. */
const packages = ['bqemulator', 'duckdb', 'duckdb-extensions', 'duckdb-extension-spatial', 'numpy']
const importSpatial = 'from duckdb_extensions import import_extension; import_extension("spatial")'

export interface InstalledBqEmulator {
  /** The Python with the packages. */
  python: string
  /** The folder in which its DuckDB searches for extensions, as the home folder. */
  home: string
}

/**
 * Installs bqemulator from PyPI into a virtual environment in our cache, once for each set of versions.
 *
 * @throws an error that says what is missing
 */
export async function installBqEmulator(): Promise<InstalledBqEmulator> {
  const versions = createHash('sha256')
    .update(await readFile(constraints))
    .digest('hex')
  const folder = join(envPaths('qrsync', { suffix: '' }).cache, `bqemulator-${versions.slice(0, 12)}`)
  const installed = { python: pythonIn(folder), home: folder }
  if (await isThere(folder)) return installed
  await mkdir(dirname(folder), { recursive: true })
  const unfinished = await mkdtemp(`${folder}-`)
  try {
    await fill(unfinished)
    // A faster process has put the same there.
    await rename(unfinished, folder).catch(() => access(folder))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return installed
}

/** Only the environment's Python is used, so the folder can be moved: its scripts could not. */
async function fill(folder: string): Promise<void> {
  const python = pythonIn(folder)
  const system = process.platform === 'win32' ? 'python' : 'python3'
  await run(system, ['-m', 'venv', folder]).catch(
    failWith(`bqemulator needs Python 3.11 or newer with its module venv (\`${system} -m venv\`)`),
  )
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--constraint', constraints]
  await run(python, [...pip, ...packages]).catch(failWith('bqemulator cannot be installed from PyPI'))
  await run(python, ['-c', importSpatial], { env: inHome(folder) }).catch(
    failWith("DuckDB's spatial extension cannot be put in place"),
  )
}

function pythonIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

export function inHome(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, HOME: folder, USERPROFILE: folder }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function failWith(what: string): (error: Error & { stderr?: string }) => never {
  return (error) => {
    const said = error.stderr?.trim().split('\n').slice(-3).join('\n')
    throw new Error(`${what}: ${said === undefined || said === '' ? error.message : said}`)
  }
}
