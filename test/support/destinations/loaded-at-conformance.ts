import { expect, test } from 'vitest'
import type { DeliveredStream } from '../../../src/streams/streams.ts'
import { landedRow } from '../ledger/landed-rows.ts'
import { changedFields } from './changed-fields.ts'
import type { DestinationUnderTest } from './destination-under-test.ts'

/** The suite for every warehouse: each row says when it was last written. */
export function loadedAtConformance(tested: DestinationUnderTest): void {
  test.each(tested.streams)(
    'a row of %s that arrives again unchanged keeps its loaded_at',
    async (stream) => {
      const destination = await tested.make()
      await destination.apply()
      const loadedAtMs = async () => {
        await destination.close()
        return readLoadedAt(tested, stream)
      }
      const [row, neighbour] = [landedRow(stream, 1), landedRow(stream, 2)]
      const changed = landedRow(stream, 1, changedFields[stream])
      const beforeMs = Date.now()
      await destination.upsert(stream, [row, neighbour])
      const first = await loadedAtMs()
      for (const atMs of first.values()) expect(Math.abs(atMs - beforeMs)).toBeLessThan(60_000)
      await destination.upsert(stream, [changed, neighbour])
      const second = await loadedAtMs()
      expect(second.get(row.id)).toBeGreaterThan(first.get(row.id) ?? Infinity)
      expect(second.get(neighbour.id)).toBe(first.get(neighbour.id))
    },
  )
}

async function readLoadedAt(
  tested: DestinationUnderTest,
  stream: DeliveredStream,
): Promise<Map<string, number>> {
  const rows = await tested.readBack(stream)
  return new Map(rows.map((row) => [row.id, new Date(row['loaded_at'] as string | Date).getTime()]))
}
