import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Creates a folder and its parents. Node's own `recursive` never returns if /proc refuses: it retries forever. */
export async function makeFolder(folder: string): Promise<void> {
  const obstacle = await tryToMake(folder)
  if (obstacle === undefined) return
  const above = dirname(folder)
  if (above === folder) throw obstacle
  await makeFolder(above)
  const lasting = await tryToMake(folder)
  if (lasting !== undefined) throw lasting
}

/** Undefined once the folder exists; the error if its parent is missing. */
async function tryToMake(folder: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(folder)
    return undefined
  } catch (error) {
    const obstacle = error as NodeJS.ErrnoException
    if (obstacle.code === 'EEXIST') return undefined
    if (obstacle.code === 'ENOENT') return obstacle
    throw error
  }
}
