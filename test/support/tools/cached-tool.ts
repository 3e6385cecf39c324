import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import envPaths from 'env-paths'

export const run = promisify(execFile)

/**
 * Finds a command that a test needs: on the PATH, or in our cache, where `make` puts it once.
 *
 * @param version of the made command: another version is made again
 * @param make puts the command, by its name, into a folder
 * @param isUsable whether the version of a command on the PATH is good enough
 */
export async function cachedTool(
  name: string,
  version: string,
  make: (folder: string) => Promise<void>,
  isUsable: (command: string) => Promise<boolean> = runs,
): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    if ((await isExecutable(join(folder, name))) && (await isUsable(join(folder, name)))) {
      return join(folder, name)
    }
  }
  const parent = envPaths('qrsync', { suffix: '' }).cache
  const cached = join(parent, `${name}-${version}`)
  const command = join(cached, name)
  if (await isExecutable(command)) return command
  await mkdir(parent, { recursive: true })
  const unfinished = await mkdtemp(`${cached}-`)
  try {
    await make(unfinished)
    // A faster process has put the same there.
    await rename(unfinished, cached).catch(() => access(command))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return command
}

/** False if it was built for another machine. */
async function runs(command: string): Promise<boolean> {
  return run(command, ['--version']).then(
    () => true,
    () => false,
  )
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
