/** The process that decodes logos and renders images: see painters.ts. It does one task at a time. */
import type { Drawing } from './draw-qr-code.ts'
import { prepareLogo } from './prepare-logo.ts'
import { renderPng } from './render-png.ts'

export type PainterTask =
  { prepare: Buffer } | { draw: Drawing; /** A PNG that `prepare` returned. */ logo: Buffer | null }

/** The first answer, without an image, says that the process is ready. */
export type PainterAnswer = { png: Buffer | null } | { error: string }

async function answer(task: PainterTask): Promise<PainterAnswer> {
  try {
    if ('prepare' in task) return { png: await prepareLogo(Buffer.from(task.prepare)) }
    return { png: await renderPng(task.draw, task.logo && Buffer.from(task.logo)) }
  } catch (error) {
    return { error: String(error) }
  }
}

process.on('message', (task: PainterTask) => {
  void answer(task).then((result) => process.send?.(result))
})
// An exit would wait for a running decoder.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
const ready: PainterAnswer = { png: null }
process.send?.(ready)
