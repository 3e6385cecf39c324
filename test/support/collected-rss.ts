import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Returns this process's memory without garbage (bytes): when the garbage is collected otherwise is chance. */
export function collectedRss(): number {
  collectGarbage()
  return process.memoryUsage().rss
}
