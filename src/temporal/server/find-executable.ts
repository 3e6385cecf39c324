import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import envPaths from 'env-paths'
import { childEnvironment } from './child-environment.ts'
import { ConnectorError } from '../../model/connector-error.ts'

const run = promisify(execFile)

/** The newest release that `go install` can build. */
const goPackage = 'github.com/temporalio/cli/cmd/temporal@v1.5.1'

export interface TemporalExecutable {
  path: string
  /** Where it was found, for people. */
  origin: string
}

export interface FindOptions {
  /** Called with progress messages while it takes long. */
  onProgress: (text: string) => void
  searchPath?: string
  cacheDirectory?: string
  /** Puts the executable, and nothing else, into the folder. */
  download?: (directory: string) => Promise<void>
}

/**
 * Finds the `temporal` command: on the PATH if it runs and is recent enough, in our cache, by the SDK's own
 * download, or built by Go. The cache keeps what the last two produce.
 *
 * @throws ConnectorError TEMPORAL_MISSING that says what was tried and what to install
 */
export async function findTemporalExecutable(options: FindOptions): Promise<TemporalExecutable> {
  const { onProgress, searchPath = process.env['PATH'] ?? '' } = options
  const cacheDirectory = options.cacheDirectory ?? join(envPaths('qrsync', { suffix: '' }).cache, 'bin')
  const cached = join(cacheDirectory, process.platform === 'win32' ? 'temporal.exe' : 'temporal')

  const onPath = await findOnPath('temporal', searchPath)
  const obstacle = onPath === null ? null : await whyUnusable(onPath)
  if (onPath !== null && obstacle === null) return { path: onPath, origin: 'found on the PATH' }
  const found = obstacle === null ? 'there is no temporal command on the PATH' : `${onPath} ${obstacle}`
  if (obstacle !== null) onProgress(`Not using ${onPath}: it ${obstacle}`)
  if ((await isExecutable(cached)) && (await isAsKept(cached))) {
    return { path: cached, origin: "from qrsync's cache" }
  }

  onProgress('Downloading the Temporal server')
  const downloadFailure = await keep(cached, options.download ?? download).catch(reasonOf)
  if (downloadFailure === undefined) return { path: cached, origin: "downloaded by Temporal's SDK" }

  const go = await findOnPath('go', searchPath)
  const buildFailure =
    go === null
      ? 'Go is not installed'
      : await keep(cached, (directory) => build(go, directory, onProgress)).catch(reasonOf)
  if (buildFailure === undefined) return { path: cached, origin: 'built by go install' }

  throw new ConnectorError(
    'TEMPORAL_MISSING',
    `No Temporal server: ${found}, ` +
      `it cannot be downloaded (${downloadFailure}), and Go cannot build it (${buildFailure}).\n` +
      'Install it (https://docs.temporal.io/cli#install), or set TEMPORAL_ADDRESS to a running server.',
    { retry: 'never' },
  )
}

/** The version of Temporal's server. Older ones are skipped; qrsync is tested with 1.29. */
const oldestServer = [1, 24] as const
const versionTimeoutMs = 10_000

/**
 * Returns why a `temporal` command cannot be used; null if it can. One that is built from source prints
 * "0.0.0-DEV".
 */
async function whyUnusable(path: string): Promise<string | null> {
  let printed: string
  try {
    const { stdout } = await run(path, ['--version'], {
      timeout: versionTimeoutMs,
      env: childEnvironment(process.env),
    })
    printed = stdout
  } catch (error) {
    return `cannot be run (${reasonOf(error)})`
  }
  const version = /\bServer (\d+)\.(\d+)/.exec(printed)
  if (version === null) return 'does not print the version of a Temporal server'
  const [major, minor] = [Number(version[1]), Number(version[2])]
  const [oldestMajor, oldestMinor] = oldestServer
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  return isOld ? `is too old (server ${major}.${minor}, required: ${oldestServer.join('.')})` : null
}

type Fill = (directory: string) => Promise<void>

/** Lets `fill` write one file into a temporary folder, and moves it to the target only when it is complete. */
async function keep(target: string, fill: Fill): Promise<undefined> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const directory = await mkdtemp(`${target}-`)
  try {
    await fill(directory)
    const [file] = await readdir(directory)
    if (file === undefined) throw new Error('no file was produced')
    await rename(join(directory, file), target)
    await note(target)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The SDK downloads the server when it starts one; we only keep the downloaded file. */
async function download(directory: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing')
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: directory } },
  })
  await server.teardown()
}

async function build(go: string, directory: string, onProgress: FindOptions['onProgress']): Promise<void> {
  const environment = childEnvironment(process.env, { GOBIN: directory })
  const child = spawn(go, ['install', '-v', goPackage], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let packages = 0
  let lastLine = 'it failed without a message'
  createInterface(child.stderr).on('line', (line) => {
    lastLine = line
    packages += line.startsWith('go: ') ? 0 : 1
    onProgress(
      `Building the Temporal server with Go, once, about 3 minutes: ${packages} of about 1,500 packages`,
    )
  })
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  )
  if (code !== 0) throw new Error(lastLine)
}

async function findOnPath(command: string, searchPath: string): Promise<string | null> {
  const names = process.platform === 'win32' ? [`${command}.exe`] : [command]
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    for (const name of names) if (await isExecutable(join(directory, name))) return join(directory, name)
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** Nobody else can have put it there or changed it: neither the file nor its folder. */
async function isAsKept(path: string): Promise<boolean> {
  if (!(await isOursAlone(path))) return false
  const noted = await readFile(noteFile(path), 'utf8').catch(() => null)
  // Versions before this one noted nothing.
  if (noted === null) return true
  const [checksum, changedAt] = noted.split(' ')
  // It has 250 MB, so its contents are only looked at where something has happened to it.
  return changedAt === (await changeOf(path)) || checksum === (await checksumOf(path))
}

async function note(path: string): Promise<void> {
  const text = `${await checksumOf(path)} ${await changeOf(path)}`
  await writeFile(noteFile(path), text, { mode: 0o600 })
}

const noteFile = (path: string) => `${path}.sha256`

/** When the file system last changed anything of it: content, permissions or name. Programs cannot set this time. */
const changeOf = async (path: string) => String((await stat(path)).ctimeMs)

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function isOursAlone(path: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  const found = await Promise.all([stat(path), stat(dirname(path))])
  const trusted = [process.getuid?.(), 0]
  return found.every(({ uid, mode }) => trusted.includes(uid) && (mode & 0o022) === 0)
}

const reasonOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
