import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NoAnswer } from './run-to-exit.ts'

/**
 * Replaces the file at once: a reader sees either the complete old page or the complete new one.
 *
 * @throws NoAnswer that says why it cannot be written
 */
export async function writeReport(file: string, text: string): Promise<void> {
  const part = join(dirname(file), `.qrsync-report-${randomUUID()}`)
  try {
    // A file or a link that somebody has put there is not written to.
    await writeFile(part, text, { flag: 'wx', mode: 0o600 })
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw new NoAnswer(
      `The report cannot be written to ${file}: ${reasonOf(error)}. Use another file with --out.`,
    )
  }
}

const reasons = new Map([
  ['ENOENT', 'the folder does not exist'],
  ['ENOTDIR', 'the folder does not exist'],
  ['EACCES', 'qrsync has no write permission there'],
  ['EPERM', 'qrsync has no write permission there'],
  ['EROFS', 'its disk is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EISDIR', 'it is a folder'],
  ['ENOTEMPTY', 'it is a folder'],
])

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons.get(code ?? '') ?? message
}
