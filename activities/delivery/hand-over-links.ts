import type { Destination, LinkedRecords, LinkTarget } from '../../src/destinations/destination.ts'
import type { DeliveryKey } from '../../src/ledger/deliveries/batch.ts'
import {
  dropLinkKeys,
  isLookDue,
  keepLinkKeys,
  linkKeyId,
  readKeysToReplay,
  readLinkKeys,
  type KnownLinkKey,
  type LinkKey,
} from '../../src/ledger/summaries/link-keys.ts'
import { partsOf } from '../../src/ledger/base/parts-of.ts'
import { readKnownIds } from '../../src/ledger/deliveries/read-fingerprints.ts'
import {
  linkRowId,
  linkSummaryOf,
  parseLinkRowId,
  sumLinkKeys,
  type LinkSum,
} from '../../src/ledger/summaries/read-summaries.ts'
import type { LandedRow } from '../../src/streams/streams.ts'
import { handOver, readChanged, type DeliveryAtWork, type Read } from './hand-over.ts'

type LinkDelivery = DeliveryKey<'link_summaries'>
type LinkRead = Read<'link_summaries'>

/** How many batches of keys one lookup contains: a vendor that gets many keys can fill its calls. */
const batchesPerLook = 5

/**
 * The keys that an unfinished pass has looked up, by destination. The next slice continues the pass a moment
 * later, and looks up none of them twice. A failed pass leaves nothing here.
 */
const seenBefore = new WeakMap<Destination, { seen: Set<string>; atMs: number }>()

/** A pass that continues later than this looks up its keys again. */
const goesOnWithinMs = 60_000

/**
 * Writes the sums of all records that codes name. Several keys may name one record, and only the destination
 * knows which. It looks up a new key at once, a key without a record every hour and when somebody asks for it,
 * any other key every day, and the keys of a record just before the record is written. So a record always gets
 * the sum of all its keys.
 *
 * @returns whether every record is written; false if the slice had to stop
 */
export async function handOverLinks(work: DeliveryAtWork, read: LinkRead, nowMs: number): Promise<boolean> {
  const { destination } = work
  const before = seenBefore.get(destination)
  seenBefore.delete(destination)
  const isSame = before !== undefined && Math.abs(nowMs - before.atMs) < goesOnWithinMs
  const seen = isSame ? before.seen : new Set<string>()
  const isDone = await goThroughLinks(work, read, await openLinkBook(work, read, nowMs, seen))
  if (!isDone) seenBefore.set(destination, { seen, atMs: work.deps.clock.now() })
  return isDone
}

async function goThroughLinks(work: DeliveryAtWork, read: LinkRead, book: LinkBook): Promise<boolean> {
  const { key } = read
  const { destination, mustStop } = work
  for (const part of partsOf(book.dueKeys(), batchesPerLook * destination.batch.rows)) {
    if (mustStop()) return false
    await book.look(part)
  }

  const changed = await readChanged(work, key, book.rowsOf(await book.readRecordIds()))
  const queue = new Set(changed.map(({ row }) => row.id))
  while (queue.size > 0) {
    if (mustStop()) return false
    const ids = [...queue.values().take(destination.batch.rows)]
    const unseen = ids.flatMap((id) => book.unseenKeysOf(id))
    if (unseen.length > 0) {
      // The lookup may affect other records: one of two that were merged, or one that an address has left.
      for (const id of await book.look(unseen)) queue.add(id)
      continue
    }
    for (const id of ids) queue.delete(id)
    await handOver(work, read, await readChanged(work, key, book.rowsOf(ids)), null)
  }
  await book.dropUnnamed()
  return true
}

async function openLinkBook(
  work: DeliveryAtWork,
  read: LinkRead,
  nowMs: number,
  seen: Set<string>,
): Promise<LinkBook> {
  const { key } = read
  const { ledger, connector } = work.deps
  const { links } = work.destination
  if (links === undefined) {
    throw new Error(`${key.destination} takes links, and cannot find the records that they name`)
  }
  return new LinkBook(work, read, links, nowMs, {
    sums: await sumLinkKeys(ledger, connector, links.rules),
    known: await readLinkKeys(ledger, key),
    toReplay: await readKeysToReplay(ledger, key),
    seen,
  })
}

/** Which key names which record, as far as it is known, and the sums of the keys. */
class LinkBook {
  readonly #work: DeliveryAtWork
  readonly #key: LinkDelivery
  readonly #resets: number
  readonly #links: LinkedRecords
  readonly #nowMs: number
  readonly #sums: ReadonlyMap<string, LinkSum>
  readonly #known: Map<string, KnownLinkKey>
  readonly #toReplay: ReadonlySet<string>
  /** Keys that were looked up in this pass. */
  readonly #seen: Set<string>
  /** Ids of keys by the id of their record's row. */
  readonly #keysByRow = new Map<string, Set<string>>()

  constructor(
    work: DeliveryAtWork,
    { key, resets }: LinkRead,
    links: LinkedRecords,
    nowMs: number,
    read: {
      sums: ReadonlyMap<string, LinkSum>
      known: Map<string, KnownLinkKey>
      toReplay: ReadonlySet<string>
      seen: Set<string>
    },
  ) {
    this.#work = work
    this.#key = key
    this.#resets = resets
    this.#links = links
    this.#nowMs = nowMs
    this.#sums = read.sums
    this.#known = read.known
    this.#toReplay = read.toReplay
    this.#seen = read.seen
    for (const [id, each] of this.#known) this.#place(id, rowOf(each))
  }

  /** Keys whose lookup is due. */
  dueKeys(): string[] {
    const neverSeen = { recordId: null, isRefused: false, lookedAtMs: 0, isRequested: false }
    const named = [...this.#sums].filter(([id, { rule, key }]) => {
      const known = this.#known.get(id) ?? { ...neverSeen, rule, key }
      return isLookDue(known, this.#nowMs) || (known.isRefused && this.#toReplay.has(id))
    })
    // A version that did not store records confirmed these: a record may still contain the sum of a key that no
    // code names any more.
    const legacy = [...this.#known].filter(
      ([id, { rule, lookedAtMs }]) => lookedAtMs === 0 && !this.#sums.has(id) && this.#hasRule(rule),
    )
    return [...named, ...legacy].map(([id]) => id)
  }

  /** Ids of the rows of all records that contain, or should contain, our values. */
  async readRecordIds(): Promise<string[]> {
    const written = await readKnownIds(this.#work.deps.ledger, this.#key)
    const all = new Set([...written.filter((id) => parseLinkRowId(id) !== null), ...this.#keysByRow.keys()])
    return [...all].filter((id) => this.#hasRule(parseLinkRowId(id)?.rule ?? ''))
  }

  rowsOf(ids: readonly string[]): LandedRow[] {
    return ids.flatMap((id) => {
      const record = parseLinkRowId(id)
      if (record === null) return []
      const keys = [...(this.#keysByRow.get(id) ?? [])]
      const sums = keys.flatMap((each) => this.#sums.get(each) ?? [])
      return [linkSummaryOf(record, sums, this.#nowMs)]
    })
  }

  /** Keys of a record that this pass has not looked up. Keys that no code names are left out. */
  unseenKeysOf(rowId: string): string[] {
    const keys = [...(this.#keysByRow.get(rowId) ?? [])]
    return keys.filter((id) => !this.#seen.has(id) && this.#sums.has(id))
  }

  /**
   * Looks up keys at the destination, and stores the results.
   *
   * @returns ids of the rows that this may affect: of records that gained or lost a key
   */
  async look(ids: readonly string[]): Promise<Set<string>> {
    const { deps } = this.#work
    const keys = ids.flatMap((id) => this.#sums.get(id) ?? this.#known.get(id) ?? [])
    const told: LinkKey[] = []
    const concerned = new Set<string>()
    for (const [rule, ofRule] of Map.groupBy(keys, (each) => each.rule)) {
      const names = ofRule.map(({ key }) => key)
      const targets = await this.#links.find(rule, names, this.#spellingsOf(rule, names))
      for (const key of names) {
        const target = targets.get(key)
        if (target === undefined) {
          throw new Error(`${this.#key.destination} did not say which record ${rule}/${key} names`)
        }
        told.push(toLinkKey(rule, key, target))
        if (target.is === 'record') {
          for (const former of target.formerIds) concerned.add(linkRowId({ rule, record: former }))
        }
      }
    }
    const requested = told.filter((each) => this.#known.get(linkKeyId(each))?.isRequested === true)
    await keepLinkKeys(deps.ledger, { key: this.#key, resets: this.#resets }, told, this.#nowMs, requested)
    for (const each of told) for (const id of this.#learn(each)) concerned.add(id)
    return concerned
  }

  #spellingsOf(rule: string, keys: readonly string[]): Map<string, string> {
    const spellings = new Map<string, string>()
    for (const key of keys) {
      const asWritten = this.#sums.get(linkKeyId({ rule, key }))?.asWritten ?? null
      if (asWritten !== null) spellings.set(key, asWritten)
    }
    return spellings
  }

  /** @returns the rows of records that gained or lost the key */
  #learn(told: LinkKey): string[] {
    const id = linkKeyId(told)
    const { rule, key, recordId, refusal } = told
    const before = this.#known.get(id)
    const isRefused = refusal !== null
    if (isRefused && before?.isRefused !== true) this.#work.result.rejected += 1
    this.#known.set(id, { rule, key, recordId, isRefused, lookedAtMs: this.#nowMs, isRequested: false })
    this.#seen.add(id)
    const rowBefore = before === undefined ? null : rowOf(before)
    const rowNow = rowOf(told)
    if (rowBefore === rowNow) return []
    if (rowBefore !== null) this.#keysByRow.get(rowBefore)?.delete(id)
    this.#place(id, rowNow)
    return [rowBefore, rowNow].filter((row) => row !== null)
  }

  #place(id: string, row: string | null): void {
    if (row === null) return
    const keys = this.#keysByRow.get(row) ?? new Set()
    this.#keysByRow.set(row, keys.add(id))
  }

  #hasRule(rule: string): boolean {
    return this.#links.rules.some(({ name }) => name === rule)
  }

  /** Deletes keys that no code names. Their records have been written without them by now. */
  async dropUnnamed(): Promise<void> {
    const unnamed = [...this.#known].filter(([id]) => !this.#sums.has(id)).map(([, each]) => each)
    await dropLinkKeys(this.#work.deps.ledger, this.#key, unnamed)
  }
}

function rowOf({ rule, recordId }: { rule: string; recordId: string | null }): string | null {
  return recordId === null ? null : linkRowId({ rule, record: recordId })
}

function toLinkKey(rule: string, key: string, target: LinkTarget): LinkKey {
  switch (target.is) {
    case 'record':
      return { rule, key, recordId: target.id, refusal: null }
    case 'none':
      return { rule, key, recordId: null, refusal: null }
    case 'refused':
      return { rule, key, recordId: null, refusal: target.reason }
  }
}
