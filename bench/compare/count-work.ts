/**
 * Loaded into a qrsync process of any version before everything else (`--import`): counts its work on the
 * ledger, and writes the numbers into the file that `COUNTED_WORK` names when the process ends, and on each
 * SIGUSR2.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { countStatements } from '../../test/support/ledger/count-statements.ts'

export interface CountedWork {
  statements: number
  transactions: number
  /** Written to files, as counted by the kernel (Linux). */
  written_bytes: number
}

const file = process.env['COUNTED_WORK']
// The threads in which workflows run have no ledger.
if (isMainThread && file !== undefined) {
  const counted = countStatements()
  const write = () => {
    const io = readFileSync('/proc/self/io', 'utf8')
    const work: CountedWork = {
      ...counted,
      written_bytes: Number(/^write_bytes: (\d+)$/m.exec(io)?.[1] ?? 0),
    }
    // A benchmark that waits for the file must read all of it.
    writeFileSync(`${file}.part`, JSON.stringify(work))
    renameSync(`${file}.part`, file)
  }
  process.on('exit', write)
  process.on('SIGUSR2', write)
}
