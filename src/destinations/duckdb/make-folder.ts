import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Creates a folder and its parents, for this user only unless `mode` says otherwise. Node's own `recursive` never
 * returns if /proc refuses: it retries forever.
 */
export async function makeFolder(folder: string, mode = 0o700): Promise<void> {
  const obstacle = await tryToMake(folder, mode)
  if (obstacle === undefined) return
  const above = dirname(folder)
  if (above === folder) throw obstacle
  await makeFolder(above, mode)
  const lasting = await tryToMake(folder, mode)
  if (lasting !== undefined) throw lasting
}

/** Undefined once the folder exists; the error if its parent is missing. */
async function tryToMake(folder: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(folder, { mode })
    return undefined
  } catch (error) {
    const obstacle = error as NodeJS.ErrnoException
    if (obstacle.code === 'EEXIST') return undefined
    if (obstacle.code === 'ENOENT') return obstacle
    throw error
  }
}
