import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './outcome.ts'

/** Runs seeds in several processes, because a run uses one thread, and patches the clock of its process. */
export class SeedProcesses implements Disposable {
  readonly #children: ChildProcess[]
  readonly #idle: ChildProcess[] = []
  readonly #waiting: ((child: ChildProcess) => void)[] = []

  /** @param options of main.ts, which each process gets too */
  constructor(processes: number, options: readonly string[]) {
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    this.#children = Array.from({ length: processes }, () => fork(main, ['--child', ...options]))
    for (const child of this.#children) {
      child.once('message', () => {
        this.#free(child)
      })
    }
  }

  /** @throws if its process ends before it */
  async run(seed: number): Promise<Outcome> {
    const child = await this.#take()
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const onExit = (code: number | null) => {
      reject(new Error(`seed ${seed}: its process ended with ${code}`))
    }
    child.once('exit', onExit)
    child.once('message', (outcome) => {
      child.off('exit', onExit)
      this.#free(child)
      resolve(outcome as Outcome)
    })
    child.send(seed)
    return promise
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill()
  }

  #take(): Promise<ChildProcess> {
    const child = this.#idle.pop()
    if (child !== undefined) return Promise.resolve(child)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #free(child: ChildProcess): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(child)
    else next(child)
  }
}
