import { targetOf } from './account/target.ts'
import type { LandedRow } from '../../streams/streams.ts'
import type { Destination, LinkTarget, Outcome, ShownTotals } from '../destination.ts'
import { AccountChanged } from './account/account-changed.ts'
import { readAccount, readDailyUsage } from './account/account.ts'
import { checkAccount } from './account/check-account.ts'
import { createClient, type Ask, type ClientOptions } from './http/client.ts'
import { countScanRecords } from './records/count-scan-records.ts'
import { findLinked } from './records/find-linked.ts'
import { eraseCodes, erasureRemains } from './records/erase-codes.ts'
import { fingerprintOf } from './mapping/fingerprint.ts'
import { unavailable } from './http/hubspot-error.ts'
import { Likeness } from './mapping/likeness.ts'
import { prepareAccount, type Preparation } from './account/prepare-account.ts'
import type { Prepared } from './account/prepared.ts'
import { readLinkTotals, readTotals } from './mapping/read-totals.ts'
import { createRecordIds } from './mapping/record-ids.ts'
import { inputsPerCall } from './http/send-batch.ts'
import { NotSettled } from './records/settle-inputs.ts'
import { upsertCodes } from './records/upsert-codes.ts'
import { eventsPerCall, upsertLinkedScans } from './records/upsert-linked-scans.ts'
import { eventFields } from './mapping/event-fields.ts'
import { totalNameOf } from './mapping/fields.ts'
import { upsertLinkedCodes } from './records/upsert-linked-codes.ts'
import { upsertLinks } from './records/upsert-links.ts'
import { upsertScans } from './records/upsert-scans.ts'
import { noObject, takesOf, type HubSpotStream } from './settings.ts'

/** As many rows as one call: what HubSpot has confirmed is not sent again after a later error. */
const batch = { rows: inputsPerCall, rowsOf: { link_scans: eventsPerCall }, characters: 4_000_000 }

/**
 * Creates a destination for a HubSpot account: a record for each code, optionally one for each scan, and the
 * sums of linked codes on existing records.
 *
 * Throws `DESTINATION_FORBIDDEN`, `DESTINATION_RATE_LIMITED` or `DESTINATION_UNAVAILABLE`.
 */
export function createHubSpotDestination(options: ClientOptions): Destination<HubSpotStream> {
  const { name, config } = options
  const client = createClient(options)
  let recordIds = createRecordIds()
  const likeness = {
    codes: new Likeness(),
    scans: new Likeness(),
    links: new Likeness(),
  }
  let preparing: Promise<Preparation> | undefined
  let known: Prepared | undefined
  let leftAlone: readonly string[] = []
  /** Whether a delivery that has ended could not prepare some streams: the next delivery tries again. */
  let isStale = false

  async function prepare(dryRun: boolean): Promise<Preparation> {
    const ask = client.begin()
    const account = await readAccount(ask)
    client.learn({ timeZone: account.timeZone, callsPerDay: (await readDailyUsage(ask))?.limit })
    const preparation = await prepareAccount(ask, { name, config, account, dryRun })
    leftAlone = preparation.leftAlone
    return preparation
  }

  function prepareOnce(): Promise<Preparation> {
    if (preparing === undefined) isStale = false
    preparing ??= prepare(false).then(
      (preparation) => {
        known = preparation.prepared ?? undefined
        return preparation
      },
      (error: unknown) => {
        preparing = undefined
        throw error
      },
    )
    return preparing
  }

  /**
   * Prepares one stream, or all. Objects of other streams that could not be prepared are not tried again: each
   * stream has its own backoff.
   */
  async function prepareFor(stream?: HubSpotStream): Promise<Preparation> {
    const isFailed = ({ failures }: Preparation) =>
      stream === undefined ? failures.size > 0 : stream !== 'code_summaries' && failures.has(stream)
    let preparation = await prepareOnce()
    if (isStale && isFailed(preparation)) {
      preparing = undefined
      preparation = await prepareOnce()
    }
    if (!isFailed(preparation)) return preparation
    const { failures } = preparation
    const failure = stream === undefined || stream === 'code_summaries' ? undefined : failures.get(stream)
    throw failure ?? failures.values().next().value
  }

  async function usePrepared(): Promise<Prepared> {
    const { prepared } = await prepareOnce()
    if (prepared === null) throw new Error(`${name}: prepared nothing`)
    return prepared
  }

  async function* write(stream: HubSpotStream, rows: readonly LandedRow[]): AsyncGenerator<Outcome[]> {
    const prepared = await usePrepared()
    try {
      yield* writeTo(client.begin(), prepared, stream, rows)
    } catch (error) {
      throw explained(error)
    }
  }

  async function find(
    rule: string,
    keys: readonly string[],
    asWritten: ReadonlyMap<string, string> = new Map(),
  ): Promise<ReadonlyMap<string, LinkTarget>> {
    const link = (await usePrepared()).links.get(rule)
    if (link === undefined) throw new Error(`${name} has no link ${rule}`)
    try {
      return await findLinked(client.begin(), link, keys, asWritten)
    } catch (error) {
      throw explained(error)
    }
  }

  function explained(error: unknown): unknown {
    if (error instanceof AccountChanged) {
      preparing = undefined
      recordIds = createRecordIds()
      return unavailable(name, `something that qrsync needs was deleted in HubSpot: ${error.message}.`)
    }
    if (error instanceof NotSettled) {
      return unavailable(name, `HubSpot did not accept a whole batch: ${error.message}.`)
    }
    return error
  }

  function writeTo(
    ask: Ask,
    { codes, scans, links, fields, options }: Prepared,
    stream: HubSpotStream,
    rows: readonly LandedRow[],
  ): AsyncGenerator<Outcome[]> {
    switch (stream) {
      case 'code_summaries':
        if (codes === null) throw new Error(`${name} takes no codes`)
        return upsertCodes(
          ask,
          codes,
          { recordIds, likeness: likeness.codes, fields: fields.codes, options },
          rows,
        )
      case 'link_summaries':
        return upsertLinks(ask, { links, likeness: likeness.links, options }, rows)
      case 'link_codes':
        if (codes === null) throw new Error(`${name} takes no codes`)
        return upsertLinkedCodes({ ask, codes, recordIds, likeness: likeness.codes }, links, rows)
      case 'link_scans':
        return upsertLinkedScans({ ask, links, scans, eventFields: eventFields(fields.scans) }, rows)
      case 'scans':
        if (scans === null || codes === null) throw new Error(`${name} takes no scans`)
        return upsertScans(
          ask,
          { codes, scans },
          { recordIds, likeness: likeness.scans, fields: fields.scans, options },
          rows,
        )
    }
  }

  /** Null if an object does not exist yet. Writes nothing. */
  async function preparedOrPlanned(): Promise<Prepared | null> {
    return known ?? (await prepare(true)).prepared
  }

  async function countScans(codeIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const prepared = await preparedOrPlanned()
    const scans = prepared?.scans ?? null
    return scans === null ? new Map() : countScanRecords(() => client.begin(), scans.typeId, codeIds)
  }

  async function readLinked(rule: string, recordIds: readonly string[]) {
    const prepared = await preparedOrPlanned()
    // Rows that changed since they were confirmed are recognised with it.
    known ??= prepared ?? undefined
    const link = prepared?.links.get(rule)
    if (prepared == null || link === undefined) return new Map<string, null>()
    const of = { typeId: link.typeId, totalProperty: totalNameOf(link.fields) }
    return readLinkTotals(client.begin(), of, recordIds)
  }

  const taken = takesOf(config)
  const totals: ShownTotals = {
    async readTotals(codeIds) {
      const prepared = await preparedOrPlanned()
      if (prepared?.codes == null) return new Map()
      const { typeId } = prepared.codes
      return readTotals(
        client.begin(),
        { typeId, totalProperty: totalNameOf(prepared.fields.codes) },
        codeIds,
      )
    },
  }
  return {
    ...taken,
    batch,
    fingerprints: { of: (stream, row) => fingerprintOf(stream, row, known) },
    // Without records of scans, HubSpot has nothing to count.
    ...(config.scans && { counts: { countScans } }),
    // Without records of codes, HubSpot shows no totals of codes.
    ...(config.object !== noObject && { totals }),
    erasure: {
      remains: erasureRemains(config),
      async eraseCodes(codeIds) {
        for (const codeId of codeIds) recordIds.delete(codeId)
        try {
          return await eraseCodes(() => client.begin(), options, codeIds)
        } catch (error) {
          throw explained(error)
        }
      },
    },
    links: { rules: taken.linkRules, find, readTotals: readLinked },
    leftAlone: () => leftAlone,
    check: () => checkAccount(client.begin(), config),
    plan: async () => (await prepare(true)).changes,
    async apply(stream) {
      const before = preparing
      const { changes } = await prepareFor(stream)
      return before === preparing ? [] : changes
    },
    write,
    async identity() {
      const { prepared } = await prepareOnce()
      return targetOf(prepared?.portalId ?? 0, config)
    },
    close() {
      isStale = true
      return client.close()
    },
  }
}
