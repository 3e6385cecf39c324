import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded before everything else (`--import`), it lets a test move the clock of a process, like somebody who
 * moves the clock of a host: at each SIGUSR2, by the milliseconds in the file MOVED_CLOCK.
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
