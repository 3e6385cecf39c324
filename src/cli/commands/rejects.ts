import { countRejects, readRejects, requestReplay, type Reject } from '../../ledger/deliveries/rejects.ts'
import { countSetAside, readSetAside, type KeptRow } from '../../ledger/scans/set-aside.ts'
import { replayKeptRows } from '../../worker/replay-kept-rows.ts'
import { createConsole } from '../views/console.ts'
import { describeUndelivered, toUndelivered, type UndeliveredStream } from '../views/delivery-watch.ts'
import { followDelivery } from '../views/follow-delivery.ts'
import { number, print, table, time } from '../views/format.ts'
import { exitCodes } from '../run-to-exit.ts'
import { withAccount, type KnownAccount } from '../with-account.ts'
import { mustHave } from '../with-destinations.ts'

export interface RejectsOptions {
  config: string
  destination?: string
  stream?: string
  id?: string
  json: boolean
}

const rowsShown = 100

/** `qrsync rejects list`: the rows that destinations have refused, and why. */
export async function listRejects(options: RejectsOptions): Promise<void> {
  await withAccount(options.config, async ({ ledger, state: { connector } }) => {
    const of = { connector, ...chosen(options) }
    const all = await countRejects(ledger, of)
    const rejects = await readRejects(ledger, of, options.json ? all : rowsShown)
    const keptRows = options.destination === undefined ? await countSetAside(ledger, of) : 0
    const kept =
      keptRows === 0 ? [] : await readSetAside(ledger, of, { limit: options.json ? keptRows : rowsShown })
    if (options.json) {
      print(JSON.stringify({ connector, rejects: rejects.map(toJson), set_aside: kept.map(keptToJson) }))
      return
    }
    print(describe(rejects, all))
    if (keptRows > 0) print(describeKept(kept, keptRows))
  })
}

/** `qrsync rejects replay`: hands refused rows over once more, as they are now. */
export async function replayRejects(options: RejectsOptions): Promise<void> {
  await withAccount(options.config, async (account) => {
    const { config, ledger, state } = account
    if (options.destination !== undefined) mustHave(config, options.destination)
    const of = { connector: state.connector, ...chosen(options) }
    // Rows of the API belong to no destination.
    const isForAll = options.destination === undefined
    const landed = isForAll ? await replayKeptRows(config, ledger, chosen(options)) : 0
    const stillKept = isForAll ? await countSetAside(ledger, of) : 0
    const asked = await requestReplay(ledger, of)
    const undelivered: UndeliveredStream[] = []
    for (const destination of asked.keys()) undelivered.push(...(await follow(account, destination)))
    const left = describeUndelivered(undelivered)
    if (left !== null) process.exitCode = exitCodes.failed
    const replayed = asked.values().reduce((sum, rejects) => sum + rejects, 0)
    const refused = await countRejects(ledger, of)
    if (options.json) {
      const kept = { set_aside_landed: landed, set_aside: stillKept }
      print(
        JSON.stringify({
          connector: state.connector,
          replayed,
          refused_again: refused,
          undelivered,
          ...kept,
        }),
      )
      return
    }
    if (landed + stillKept > 0) {
      print(
        `Of the rows set aside, ${number(landed)} can be read now and are landed; ${number(stillKept)} still do not fit.` +
          (stillKept > 0 ? ' "qrsync sync --now" asks the API for scans among them again.' : ''),
      )
    }
    if (left !== null) {
      print(left)
      return
    }
    print(
      replayed === 0
        ? 'No refused row to replay.'
        : `${number(replayed)} replayed: ${number(replayed - refused)} taken, ${number(refused)} refused again.`,
    )
  })
}

async function follow({ config, ledger }: KnownAccount, destination: string): Promise<UndeliveredStream[]> {
  const screen = createConsole()
  const end = await followDelivery({ config, ledger, destination, screen }).finally(screen.stop)
  return end.failed.map(toUndelivered)
}

function chosen({ destination, stream, id }: RejectsOptions) {
  return {
    ...(destination !== undefined && { destination }),
    ...(stream !== undefined && { stream }),
    ...(id !== undefined && { id }),
  }
}

const keptToJson = ({
  stream,
  qr_code_id,
  row_id,
  reason,
  json,
  first_seen_ms,
  last_seen_ms,
  version,
}: KeptRow) => ({
  stream,
  qr_code_id: qr_code_id === '' ? null : qr_code_id,
  id: row_id,
  reason,
  json,
  first_seen: new Date(first_seen_ms).toISOString(),
  last_seen: new Date(last_seen_ms).toISOString(),
  version,
})

function describeKept(kept: readonly KeptRow[], all: number): string {
  const rows = kept.map(({ stream, qr_code_id, row_id, reason, last_seen_ms }) => [
    stream,
    qr_code_id,
    row_id ?? 'without an id',
    reason,
    time(last_seen_ms),
  ])
  const shown = table(['Stream', 'Code', 'Row', 'What does not fit', 'Last sent'], 5, rows)
  const more = all > kept.length ? `\n${number(all - kept.length)} more: --json shows all.` : ''
  return `Sent by the API and set aside, because they do not fit:\n${shown}${more}`
}

const toJson = ({ rejectedAtMs, ...reject }: Reject) => ({
  ...reject,
  rejected_at: new Date(rejectedAtMs).toISOString(),
})

function describe(rejects: readonly Reject[], all: number): string {
  if (all === 0) return 'No row is refused.'
  const rows = rejects.map(({ destination, stream, id, reason, attempts, rejectedAtMs }) => [
    destination,
    stream,
    id,
    reason,
    time(rejectedAtMs),
    attempts,
  ])
  const shown = table(['Destination', 'Stream', 'Row', 'Why', 'Last refused', 'Times'], 5, rows)
  return all > rejects.length ? `${shown}\n${number(all - rejects.length)} more: --json shows all.` : shown
}
