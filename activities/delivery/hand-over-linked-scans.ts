import { rowsPerBatch, type Destination } from '../../src/destinations/destination.ts'
import { partsOf } from '../../src/ledger/base/parts-of.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import type { DeliveryKey } from '../../src/ledger/deliveries/batch.ts'
import { readDelivery } from '../../src/ledger/deliveries/deliveries.ts'
import { readKeysToReplay } from '../../src/ledger/summaries/link-keys.ts'
import {
  beginFloor,
  beginPair,
  dropPair,
  moveFloor,
  movePair,
  pairId,
  readLinkedPairs,
  readScansBetween,
  readScansById,
  type PairProgress,
} from '../../src/ledger/summaries/linked-pairs.ts'
import { linkedScanOf, parseLinkedCodeId } from '../../src/ledger/summaries/read-summaries.ts'
import type { LandedRow } from '../../src/streams/streams.ts'
import { handOver, readChanged, type DeliveryAtWork, type Read } from './hand-over.ts'
import { readNamedPairs, type NamedPair } from './named-pairs.ts'

type LinkedScanDelivery = DeliveryKey<'link_scans'>
type LinkedScanRead = Read<'link_scans'>

/** How many scans one read fetches, of all codes: most codes name no record. */
const scansPerRead = 1_000

/**
 * Writes the scans of all codes that name a record: those that landed since the last pass and, if the pair of
 * record and code is new, all of them. Withdraws the scans of a pair that no longer exists. An interrupted pass
 * continues where it stopped.
 *
 * @returns whether every scan is written; false if the slice had to stop
 */
export async function handOverLinkedScans(work: DeliveryAtWork, read: LinkedScanRead): Promise<boolean> {
  const { key } = read
  const named = await readNamedPairs(work, key)
  const wanted = new Map(named.map((pair) => [pairId(pair), pair]))
  await replayScans(work, read, wanted)
  await beginFloor(work.deps.ledger, key)
  const { floorSeq, pairs } = await readLinkedPairs(work.deps.ledger, key)
  const rules = new Set(work.destination.linkRules?.map(({ name }) => name))
  const gathered = new GatheredRows(work, read)
  for (const [id, progress] of pairs) {
    if (wanted.has(id) || !rules.has(progress.rule)) continue
    if (!(await takeBack(gathered, progress, floorSeq))) return false
  }
  for (const [id, pair] of wanted) {
    const place = placeOf(work.destination, id)
    const known = pairs.get(id)
    if (known?.isFollowing === true && known.place === place) continue
    if (!(await catchUp(gathered, { pair, place, known, floorSeq }))) return false
  }
  await gathered.handOver()
  return followScans(work, read, wanted, floorSeq)
}

/**
 * Identifies how and where the scans of a pair are written. It is the fingerprint of a row that stands for the
 * pair.
 */
function placeOf({ fingerprints }: Destination, id: string): string {
  return fingerprints?.of('link_scans', { seq: 0, id, json: '' }) ?? ''
}

/** Writes refused scans again, because a manual request or their schedule asks for it. */
async function replayScans(
  work: DeliveryAtWork,
  read: LinkedScanRead,
  wanted: ReadonlyMap<string, NamedPair>,
): Promise<void> {
  const { key } = read
  const { ledger, connector } = work.deps
  const ids = [...(await readKeysToReplay(ledger, key))].flatMap((id) => parseLinkedCodeId(id) ?? [])
  for (const part of partsOf(ids, rowsPerBatch(work.destination.batch, key.stream))) {
    // In this list, the part of the id that is a code's in a pair is a scan's.
    const scans = await readScansById(
      ledger,
      connector,
      part.map(({ qrCodeId: scanId }) => scanId),
    )
    const byId = new Map(scans.map((scan) => [scan.id, scan]))
    const rows = part.flatMap(({ rule, record, qrCodeId: scanId }) => {
      const scan = byId.get(scanId)
      if (scan === undefined) return []
      const pair = { rule, record, qrCodeId: scan.qr_code_id }
      const named = wanted.get(pairId(pair))
      return [linkedScanOf(named ?? { ...pair, codeName: '' }, scan, named !== undefined)]
    })
    await handOverRows(work, read, rows)
  }
}

/** Rows of many pairs, which share a batch: each batch is a call, and most pairs have few scans. */
class GatheredRows {
  readonly work: DeliveryAtWork
  readonly read: LinkedScanRead
  #rows: LandedRow[] = []
  #moves: (() => Promise<void>)[] = []

  constructor(work: DeliveryAtWork, read: LinkedScanRead) {
    this.work = work
    this.read = read
  }

  /** How many rows the batch has room for, at least one. */
  get room(): number {
    return rowsPerBatch(this.work.destination.batch, this.read.key.stream) - this.#rows.length
  }

  /** @param move stores the progress of the rows' pair, once the destination has settled them */
  async add(rows: readonly LandedRow[], move: () => Promise<void>): Promise<void> {
    this.#rows.push(...rows)
    this.#moves.push(move)
    if (this.room <= 0) await this.handOver()
  }

  async handOver(): Promise<void> {
    const [rows, moves] = [this.#rows, this.#moves]
    this.#rows = []
    this.#moves = []
    await handOverRows(this.work, this.read, rows)
    for (const move of moves) await move()
  }

  /** Sends what was gathered if the slice has to stop. @returns whether it has to */
  async mustStop(): Promise<boolean> {
    if (!this.work.mustStop()) return false
    await this.handOver()
    return true
  }
}

async function catchUp(
  gathered: GatheredRows,
  {
    pair,
    place,
    known,
    floorSeq,
  }: { pair: NamedPair; place: string; known: PairProgress | undefined; floorSeq: number },
): Promise<boolean> {
  const { key } = gathered.read
  const { ledger, connector } = gathered.work.deps
  const isAnew = known?.place !== place
  if (isAnew) await beginPair(ledger, key, { ...pair, place })
  let progress: PairProgress = isAnew ? { ...pair, place, upToSeq: 0, isFollowing: false } : known
  for (;;) {
    if (await gathered.mustStop()) return false
    const from = progress
    const range = { afterSeq: from.upToSeq, upToSeq: floorSeq, qrCodeId: pair.qrCodeId }
    const { room } = gathered
    const scans = await readScansBetween(ledger, connector, range, room)
    const isFollowing = scans.length < room
    const next = { upToSeq: isFollowing ? floorSeq : (scans.at(-1)?.seq ?? floorSeq), isFollowing }
    const rows = scans.map(({ scan }) => linkedScanOf(pair, scan, true))
    await gathered.add(rows, () => movePair(ledger, key, from, next))
    if (isFollowing) return true
    progress = { ...from, ...next }
  }
}

/** Withdraws scans from the newest to the oldest, so that the remaining ones are those that are still written. */
async function takeBack(gathered: GatheredRows, progress: PairProgress, floorSeq: number): Promise<boolean> {
  const { key } = gathered.read
  const { ledger, connector } = gathered.work.deps
  let left = progress
  let upToSeq = progress.isFollowing ? floorSeq : progress.upToSeq
  for (;;) {
    if (await gathered.mustStop()) return false
    const range = { afterSeq: 0, upToSeq, qrCodeId: progress.qrCodeId, isBackwards: true }
    const from = left
    const { room } = gathered
    const scans = await readScansBetween(ledger, connector, range, room)
    const rows = scans.map(({ scan }) => linkedScanOf({ ...progress, codeName: '' }, scan, false))
    if (scans.length < room) {
      await gathered.add(rows, () => dropPair(ledger, key, progress))
      return true
    }
    const next = { upToSeq: (scans.at(-1)?.seq ?? 1) - 1, isFollowing: false }
    await gathered.add(rows, () => movePair(ledger, key, from, next))
    left = { ...from, ...next }
    upToSeq = next.upToSeq
  }
}

/** Writes the scans that have landed since, but none that the destination has not received as a scan yet. */
async function followScans(
  work: DeliveryAtWork,
  read: LinkedScanRead,
  wanted: ReadonlyMap<string, NamedPair>,
  floorSeq: number,
): Promise<boolean> {
  const { key } = read
  const { ledger, connector } = work.deps
  const byCode = Map.groupBy(wanted.values(), ({ qrCodeId }) => qrCodeId)
  const upToSeq = await lastDeliveredScan(work, key)
  let afterSeq = floorSeq
  while (afterSeq < upToSeq) {
    if (work.mustStop()) return false
    const scans = await readScansBetween(ledger, connector, { afterSeq, upToSeq }, scansPerRead)
    const rows = scans.flatMap(({ scan }) =>
      (byCode.get(scan.qr_code_id) ?? []).map((pair) => linkedScanOf(pair, scan, true)),
    )
    await handOverRows(work, read, rows)
    const nextSeq = scans.length < scansPerRead ? upToSeq : (scans.at(-1)?.seq ?? upToSeq)
    await moveFloor(ledger, key, afterSeq, nextSeq)
    afterSeq = nextSeq
  }
  return true
}

async function lastDeliveredScan(
  { deps, destination }: DeliveryAtWork,
  key: LinkedScanDelivery,
): Promise<number> {
  const { scans_seq: lastSeq } = await readConnector(deps.ledger, deps.connector)
  if (!destination.streams.includes('scans')) return lastSeq
  const delivery = await readDelivery(deps.ledger, { ...key, stream: 'scans' })
  return Math.min(lastSeq, delivery?.watermarkSeq ?? 0)
}

async function handOverRows(
  work: DeliveryAtWork,
  read: LinkedScanRead,
  rows: readonly LandedRow[],
): Promise<void> {
  if (rows.length > 0) await handOver(work, read, await readChanged(work, read.key, rows), null)
}
