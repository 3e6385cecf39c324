import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into a process before all else (`--import`), it lets a test move that process's clock, as somebody moves a host's: at
 * each SIGUSR2 by as many milliseconds as the file in MOVED_CLOCK says, from then on.
 */
const file = process.env['MOVED_CLOCK']
if (isMainThread && file !== undefined) {
  const RealDate = Date
  let offsetMs = 0
  const now = () => RealDate.now() + offsetMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    get: (target, name, receiver) =>
      name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown),
  })
  process.on('SIGUSR2', () => {
    offsetMs = Number(readFileSync(file, 'utf8'))
  })
}
