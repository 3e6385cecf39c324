import fsPromises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { VirtualTime } from '../machines/virtual-time.ts'

/**
 * Stops time while the connector reads files, because that takes real turns of the event loop. @returns what
 * undoes it
 */
export function holdFiles(time: VirtualTime): Disposable {
  const { access, stat, mkdir } = fsPromises
  const held = {
    access: (...given: Parameters<typeof access>) => time.hold(access(...given)),
    stat: (...given: Parameters<typeof stat>) => time.hold(stat(...given)),
    mkdir: (...given: Parameters<typeof mkdir>) => time.hold(mkdir(...given)),
  }
  Object.assign(fsPromises, held)
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]: () => {
      Object.assign(fsPromises, { access, stat, mkdir })
      syncBuiltinESMExports()
    },
  }
}
