import type { Page } from '../../src/source/pagination.ts'
import { noteStall } from '../../src/ledger/failures/note-stall.ts'
import { targetOf, type CallPurpose } from './call-target.ts'
import type { ActivityDeps } from '../deps.ts'

/**
 * Detects pages that return nothing new. Without it, qrsync would request pages forever from an API that ignores `page`, or that
 * reports more pages than it has. It remembers the ids of one pass or slice.
 */
export class PageProgress {
  readonly #seen = new Set<string>()

  /** Takes the next page. @returns why the page makes no progress, or null if it does */
  next({ rows, setAside, total, page, perPage }: Page<{ id: string }>): string | null {
    const ids = [...rows.map(({ id }) => id), ...setAside.map(({ id, json, reason }) => id ?? json ?? reason)]
    const isSeen = ids.every((id) => this.#seen.has(id))
    for (const id of ids) this.#seen.add(id)
    if (ids.length === 0) return null
    if (total !== null && (page - 1) * perPage > total) {
      return `page ${page} holds rows, although the API counts ${total} in all`
    }
    return isSeen ? `page ${page} holds only rows of the pages before it` : null
  }
}

/**
 * Counts a page that made no progress. The second such page in a row is a failure of its target; if the target already fails, the
 * first one is.
 *
 * @returns whether it is a failure
 */
export async function failsOfStall(
  { ledger, connector, clock, syncId = null }: ActivityDeps,
  purpose: Omit<CallPurpose, 'keptBack'>,
  stall: { why: string; page: number; sentAtMs: number },
): Promise<boolean> {
  const path = purpose.endpoint.replace('{id}', purpose.qrCodeId ?? '{id}')
  const message =
    `${path}: the pages do not end: ${stall.why}. qrsync keeps their rows and retries automatically. ` +
    'If this persists, report it to the vendor of the API.'
  return noteStall(ledger, connector, {
    target: targetOf(purpose),
    code: 'API_RESPONSE_INVALID',
    message,
    page: stall.page,
    sentAtMs: stall.sentAtMs,
    nowMs: clock.now(),
    syncId,
  })
}
