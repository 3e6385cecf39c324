import type { DeliveredStream } from '../model/stream.ts'
import type { ConnectorState } from './connector-state.ts'
import { lastSeqOf } from './deliveries.ts'
import type { Ledger } from './schema.ts'

/** Whether each destination has all that is landed, as far as the ledger knows: then there is nothing to tell them. */
export async function isDelivered(
  ledger: Ledger,
  state: ConnectorState,
  destinations: ReadonlyMap<string, { streams: readonly DeliveredStream[] }>,
): Promise<boolean> {
  const deliveries = await ledger
    .selectFrom('deliveries')
    .select(['destination', 'stream', 'watermark_seq'])
    .where('connector', '=', state.connector)
    .execute()
  return [...destinations].every(([name, { streams }]) =>
    streams.every((stream) => {
      const delivery = deliveries.find((each) => each.destination === name && each.stream === stream)
      return delivery !== undefined && delivery.watermark_seq >= lastSeqOf(state, stream)
    }),
  )
}
