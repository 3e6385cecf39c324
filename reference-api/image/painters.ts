import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Drawing } from './draw-qr-code.ts'
import type { PainterAnswer, PainterTask } from './painter-process.ts'

// A logo may be designed to take long. Our own drawings are not, and are only late on a busy machine.
const maxPrepareMs = 2_000
const drawMs = 30_000
const startMs = 30_000
const idleMs = 60_000
const script = fileURLToPath(import.meta.resolve('./painter-process.ts'))

/** Makes images in separate processes: a process that a hostile file keeps busy, fills or crashes is killed. */
export interface Painters {
  /** Returns a logo as a small PNG; null if it is not an image that can be shown, or takes too long. */
  prepareLogo(file: Buffer): Promise<Buffer | null>
  renderPng(drawing: Drawing, logo: Buffer | null): Promise<Buffer>
  close(): void
}

/** Starts processes as they are needed: as many as tasks run at once, which the caller limits. */
export function createPainters({ prepareMs = maxPrepareMs } = {}): Painters {
  const idle: ChildProcess[] = []
  const all = new Set<ChildProcess>()

  async function start(): Promise<ChildProcess> {
    const painter = fork(script, {
      // A decoder of strangers' files gets nothing of our environment.
      env: {},
      execArgv: ['--max-old-space-size=64'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    painter.unref()
    painter.channel?.unref()
    all.add(painter)
    painter.once('exit', () => {
      all.delete(painter)
      const place = idle.indexOf(painter)
      if (place !== -1) idle.splice(place, 1)
    })
    await nextMessage(painter, startMs)
    return painter
  }

  /** Null if the time is over, or if the process has died; it is then gone, with its task. */
  async function paint(task: PainterTask, maxMs: number): Promise<PainterAnswer | null> {
    const painter = idle.pop() ?? (await start())
    painter.emit('work')
    const answer = await nextMessage(painter, maxMs, task)
    if (answer === null) painter.kill('SIGKILL')
    else rest(painter)
    return answer
  }

  function rest(painter: ChildProcess): void {
    idle.push(painter)
    const timer = setTimeout(() => painter.kill('SIGKILL'), idleMs).unref()
    painter.once('work', () => {
      clearTimeout(timer)
    })
  }

  return {
    async prepareLogo(file) {
      const answer = await paint({ prepare: file }, prepareMs)
      return answer === null || 'error' in answer ? null : toBuffer(answer.png)
    },
    async renderPng(draw, logo) {
      const answer = await paint({ draw, logo }, drawMs)
      const png = answer !== null && 'png' in answer ? toBuffer(answer.png) : null
      if (png !== null) return png
      const reason = answer !== null && 'error' in answer ? answer.error : 'the process died or was too slow'
      throw new Error(`could not render a picture: ${reason}`)
    },
    close() {
      for (const painter of all) painter.kill('SIGKILL')
    },
  }
}

/** Returns the next message of the process after a task, if any; null if it sends none in time, or dies. */
function nextMessage(
  painter: ChildProcess,
  maxMs: number,
  task: PainterTask | null = null,
): Promise<PainterAnswer | null> {
  return new Promise((resolve) => {
    const settle = (answer: PainterAnswer | null) => {
      clearTimeout(timer)
      painter.off('message', settle).off('exit', giveUp).off('error', giveUp)
      resolve(answer)
    }
    const giveUp = () => {
      settle(null)
    }
    const timer = setTimeout(giveUp, maxMs)
    painter.on('message', settle).on('exit', giveUp).on('error', giveUp)
    if (task === null) return
    painter.send(task, (error) => {
      if (error !== null) giveUp()
    })
  })
}

// The structured clone of a Buffer is a plain Uint8Array.
function toBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
