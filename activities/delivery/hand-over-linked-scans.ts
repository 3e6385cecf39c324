import type { Destination } from '../../src/destinations/destination.ts'
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
  for (const [id, progress] of pairs) {
    if (wanted.has(id) || !rules.has(progress.rule)) continue
    if (!(await takeBack(work, read, progress, floorSeq))) return false
  }
  for (const [id, pair] of wanted) {
    const place = placeOf(work.destination, id)
    const known = pairs.get(id)
    if (known?.isFollowing === true && known.place === place) continue
    if (!(await catchUp(work, read, { pair, place, known, floorSeq }))) return false
  }
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
  for (const part of partsOf(ids, work.destination.batch.rows)) {
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

async function catchUp(
  work: DeliveryAtWork,
  read: LinkedScanRead,
  {
    pair,
    place,
    known,
    floorSeq,
  }: { pair: NamedPair; place: string; known: PairProgress | undefined; floorSeq: number },
): Promise<boolean> {
  const { key } = read
  const { ledger, connector } = work.deps
  const isAnew = known?.place !== place
  if (isAnew) await beginPair(ledger, key, { ...pair, place })
  const progress = isAnew ? { ...pair, place, upToSeq: 0, isFollowing: false } : known
  for (;;) {
    if (work.mustStop()) return false
    const range = { afterSeq: progress.upToSeq, upToSeq: floorSeq, qrCodeId: pair.qrCodeId }
    const scans = await readScansBetween(ledger, connector, range, work.destination.batch.rows)
    await handOverRows(
      work,
      read,
      scans.map(({ scan }) => linkedScanOf(pair, scan, true)),
    )
    const isFollowing = scans.length < work.destination.batch.rows
    const upToSeq = isFollowing ? floorSeq : (scans.at(-1)?.seq ?? floorSeq)
    await movePair(ledger, key, progress, { upToSeq, isFollowing })
    if (isFollowing) return true
    progress.upToSeq = upToSeq
  }
}

/** Withdraws scans from the newest to the oldest, so that the remaining ones are those that are still written. */
async function takeBack(
  work: DeliveryAtWork,
  read: LinkedScanRead,
  progress: PairProgress,
  floorSeq: number,
): Promise<boolean> {
  const { key } = read
  const { ledger, connector } = work.deps
  const left = { ...progress }
  let upToSeq = progress.isFollowing ? floorSeq : progress.upToSeq
  for (;;) {
    if (work.mustStop()) return false
    const range = { afterSeq: 0, upToSeq, qrCodeId: progress.qrCodeId, isBackwards: true }
    const scans = await readScansBetween(ledger, connector, range, work.destination.batch.rows)
    await handOverRows(
      work,
      read,
      scans.map(({ scan }) => linkedScanOf({ ...progress, codeName: '' }, scan, false)),
    )
    if (scans.length < work.destination.batch.rows) {
      await dropPair(ledger, key, progress)
      return true
    }
    upToSeq = (scans.at(-1)?.seq ?? 1) - 1
    await movePair(ledger, key, left, { upToSeq, isFollowing: false })
    left.upToSeq = upToSeq
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
