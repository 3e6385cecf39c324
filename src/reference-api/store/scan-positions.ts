/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices stay inside their arrays by construction */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

interface Anchors {
  /** Key of the scan at position 0, 256, 512, … of the code's log. */
  times: number[]
  ids: string[]
}

const stride = 256

/**
 * Finds the n-th scan of a code, and how many lie before a moment, without walking the log from its start: every 256th
 * key is remembered, so at most 256 rows are stepped over however deep a page is.
 */
export class ScanPositions {
  readonly #ahead: StatementSync
  readonly #before: StatementSync
  readonly #byCode = new Map<number, Anchors>()

  constructor(db: DatabaseSync) {
    this.#ahead = db.prepare(`
      SELECT scanned_at, id FROM scans WHERE code = ? AND (scanned_at, id) >= (?, ?)
      ORDER BY scanned_at, id LIMIT 1 OFFSET ?`)
    this.#before = db.prepare(
      'SELECT count(*) AS n FROM scans WHERE code = ? AND (scanned_at, id) >= (?, ?) AND scanned_at < ?',
    )
  }

  /** A key at or before the scan at `position`, and how many rows there are between the two. */
  near(code: number, position: number): { at: number; id: string; skip: number } {
    const anchors = this.#anchorsOf(code)
    const wanted = Math.floor(position / stride)
    while (anchors.times.length <= wanted && this.#extend(code, anchors));
    const index = Math.min(wanted, anchors.times.length - 1)
    return {
      at: anchors.times[index] ?? -Infinity,
      id: anchors.ids[index] ?? '',
      skip: position - Math.max(index, 0) * stride,
    }
  }

  /** How many scans of the code were made before a moment. */
  countBefore(code: number, moment: number): number {
    const anchors = this.#anchorsOf(code)
    while ((anchors.times.at(-1) ?? -Infinity) < moment && this.#extend(code, anchors));
    const index = anchors.times.findLastIndex((at) => at < moment)
    if (index < 0) return 0
    const row = this.#before.get(code, anchors.times[index]!, anchors.ids[index]!, moment)
    return index * stride + Number(row?.['n'])
  }

  /** A scan has come in: whatever lies after it has moved by one. */
  inserted(code: number, at: number, id: string): void {
    const anchors = this.#byCode.get(code)
    if (anchors === undefined) return
    while (anchors.times.length > 0 && comesAfter(anchors, at, id)) {
      anchors.times.pop()
      anchors.ids.pop()
    }
  }

  #anchorsOf(code: number): Anchors {
    let anchors = this.#byCode.get(code)
    if (anchors === undefined) this.#byCode.set(code, (anchors = { times: [], ids: [] }))
    return anchors
  }

  /** Whether there was a further anchor to find. */
  #extend(code: number, anchors: Anchors): boolean {
    const at = anchors.times.at(-1)
    const row =
      at === undefined
        ? this.#ahead.get(code, Number.MIN_SAFE_INTEGER, '', 0)
        : this.#ahead.get(code, at, anchors.ids.at(-1)!, stride)
    if (row === undefined) return false
    anchors.times.push(Number(row['scanned_at']))
    anchors.ids.push(String(row['id']))
    return true
  }
}

function comesAfter(anchors: Anchors, at: number, id: string): boolean {
  const last = anchors.times.at(-1)!
  return last > at || (last === at && anchors.ids.at(-1)! > id)
}
