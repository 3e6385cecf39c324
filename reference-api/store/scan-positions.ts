/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices stay inside their arrays by construction */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A code's log in blocks: the key of each block's first scan, and its number of scans. */
interface Blocks {
  times: number[]
  ids: string[]
  counts: number[]
}

/** The most rows that are skipped to reach a scan at any depth. */
export const maxBlockSize = 512
const newBlockSize = maxBlockSize / 2

/**
 * Finds the n-th scan of a code, and counts those before a time, without reading the log from its start. The
 * log is read once, on first use. A later scan, even one in the past, only changes its own block.
 */
export class ScanPositions {
  readonly #ahead: StatementSync
  readonly #countFrom: StatementSync
  readonly #countBetween: StatementSync
  readonly #byCode = new Map<number, Blocks>()

  constructor(db: DatabaseSync) {
    const from = 'FROM scans WHERE code = ? AND (scanned_at, id) >= (?, ?)'
    this.#ahead = db.prepare(`SELECT scanned_at, id ${from} ORDER BY scanned_at, id LIMIT 1 OFFSET ?`)
    this.#countFrom = db.prepare(`SELECT count(*) AS n ${from}`)
    this.#countBetween = db.prepare(`SELECT count(*) AS n ${from} AND scanned_at < ?`)
  }

  /** Returns a key at or before the scan at `position`, and the number of rows between the two. */
  near(code: number, position: number): { at: number; id: string; skip: number } {
    const { times, ids, counts } = this.#blocksOf(code)
    let index = 0
    let skip = position
    while (index < counts.length - 1 && skip >= counts[index]!) skip -= counts[index++]!
    return { at: times[index] ?? Number.MIN_SAFE_INTEGER, id: ids[index] ?? '', skip }
  }

  /** Counts the code's scans before a time. */
  countBefore(code: number, moment: number): number {
    const { times, ids, counts } = this.#blocksOf(code)
    const index = lastIndex(times.length, (block) => times[block]! < moment)
    if (index < 0) return 0
    let count = Number(this.#countBetween.get(code, times[index]!, ids[index]!, moment)?.['n'])
    for (let block = 0; block < index; block++) count += counts[block]!
    return count
  }

  /** Records a new scan. */
  inserted(code: number, at: number, id: string): void {
    const blocks = this.#byCode.get(code)
    if (blocks === undefined) return
    const { times, ids, counts } = blocks
    const found = lastIndex(times.length, (block) => !comesBefore(at, id, times[block]!, ids[block]!))
    const index = Math.max(found, 0)
    if (found < 0) {
      times[0] = at
      ids[0] = id
    }
    counts[index] = (counts[index] ?? 0) + 1
    if (counts[index] > maxBlockSize) this.#split(code, blocks, index)
  }

  /** Forgets recorded scans, because they may have been rolled back. */
  forget(): void {
    this.#byCode.clear()
  }

  /** Reads a code's log now, so that no request has to wait for it. */
  prepare(code: number): void {
    this.#blocksOf(code)
  }

  #blocksOf(code: number): Blocks {
    let blocks = this.#byCode.get(code)
    if (blocks === undefined) this.#byCode.set(code, (blocks = this.#walk(code)))
    return blocks
  }

  #walk(code: number): Blocks {
    const blocks: Blocks = { times: [], ids: [], counts: [] }
    let key = this.#keyAhead(code, Number.MIN_SAFE_INTEGER, '', 0)
    while (key !== null) {
      blocks.times.push(key.at)
      blocks.ids.push(key.id)
      const next = this.#keyAhead(code, key.at, key.id, newBlockSize)
      blocks.counts.push(
        next === null ? Number(this.#countFrom.get(code, key.at, key.id)?.['n']) : newBlockSize,
      )
      key = next
    }
    return blocks
  }

  #split(code: number, { times, ids, counts }: Blocks, index: number): void {
    const middle = this.#keyAhead(code, times[index]!, ids[index]!, newBlockSize)!
    times.splice(index + 1, 0, middle.at)
    ids.splice(index + 1, 0, middle.id)
    counts.splice(index, 1, newBlockSize, counts[index]! - newBlockSize)
  }

  #keyAhead(code: number, at: number, id: string, rows: number): { at: number; id: string } | null {
    const row = this.#ahead.get(code, at, id, rows)
    return row === undefined ? null : { at: Number(row['scanned_at']), id: String(row['id']) }
  }
}

function comesBefore(at: number, id: string, otherAt: number, otherId: string): boolean {
  return at < otherAt || (at === otherAt && id < otherId)
}

/**
 * Returns the last of `length` indices for which `holds` is true, if it is true for all before; -1 if it is
 * never true.
 */
function lastIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}
