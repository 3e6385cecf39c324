import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PageRequest, PageResponse } from './page-contract.ts'

/** `render-thread.ts`, or its build. */
const entry = new URL(`render-thread${extname(import.meta.url)}`, import.meta.url)

/** If nobody has requested a page for this long, the thread ends and frees its memory. */
const idleMs = 60_000
const timeoutMs = 30_000
const heapMb = 192

/** Why a page could not be made. */
class PageFailure extends Error {
  override readonly name = 'PageFailure'
}

interface Waiting {
  resolve: (response: PageResponse) => void
  reject: (error: PageFailure) => void
}

interface Running {
  thread: Worker
  waiting: Map<number, Waiting>
}

/**
 * Makes pages in a separate thread, which exists only while somebody reads them. SQLite runs queries in the
 * calling thread, and the worker must not wait for a page. The next request replaces a thread that fails or
 * does not answer.
 */
export class PageThread {
  #running: Running | null = null
  #idle: NodeJS.Timeout | null = null
  #lastId = 0

  /** @throws PageFailure */
  async make(request: PageRequest): Promise<PageResponse> {
    const running = (this.#running ??= this.#start())
    const id = (this.#lastId += 1)
    const made = Promise.withResolvers<PageResponse>()
    running.waiting.set(id, made)
    const timer = setTimeout(() => {
      this.#end(running, `The page was not made within ${timeoutMs / 1_000} s.`)
    }, timeoutMs)
    running.thread.postMessage({ id, request })
    try {
      return await made.promise
    } finally {
      clearTimeout(timer)
      running.waiting.delete(id)
      this.#idle?.refresh()
    }
  }

  #start(): Running {
    const thread = new Worker(entry, {
      name: 'qrsync page',
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      // Node's options of the worker's process do not apply to it.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const running: Running = { thread, waiting: new Map() }
    thread.on('message', ({ id, response }: { id: number; response: PageResponse }) => {
      running.waiting.get(id)?.resolve(response)
    })
    thread.on('error', (error: Error) => {
      this.#end(running, `The page's thread ended: ${error.message}`)
    })
    thread.on('exit', () => {
      this.#end(running, "The page's thread ended.")
    })
    thread.unref()
    this.#idle ??= setTimeout(() => void this.close(), idleMs).unref()
    return running
  }

  #end(running: Running, reason: string): void {
    if (this.#running === running) this.#running = null
    for (const { reject } of running.waiting.values()) reject(new PageFailure(reason))
    running.waiting.clear()
    void running.thread.terminate()
  }

  async close(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    const running = this.#running
    this.#running = null
    await running?.thread.terminate()
  }
}
