import { expect, it } from 'vitest'
import { patiently } from '../../../src/cli/verify/patiently.ts'
import { delayMs } from '../../../src/model/delay.ts'
import { ConnectorError, type ErrorCode } from '../../../src/model/connector-error.ts'

const failing = (code: ErrorCode, waits: (number | null)[]) => {
  const waited: number[] = []
  const left = [...waits]
  const asked = patiently(
    () => {
      const next = left.shift()
      if (next === undefined) return Promise.resolve('answer')
      const retry = next === null ? 'backoff' : { afterMs: delayMs(next) }
      return Promise.reject(new ConnectorError(code, 'too many', { retry }))
    },
    (ms) => {
      waited.push(ms)
      return Promise.resolve()
    },
  )
  return { asked, waited }
}

it('a call that a vendor refuses for too many calls is repeated after the time that the vendor names', async () => {
  const { asked, waited } = failing('DESTINATION_RATE_LIMITED', [10_000, null, 1_000])
  expect(await asked).toBe('answer')
  expect(waited).toEqual([10_000, 2_000, 1_000])
})

it('a wait of more than a minute, or another failure, is not waited for', async () => {
  const long = failing('DESTINATION_RATE_LIMITED', [40_000, 30_000])
  await expect(long.asked).rejects.toThrow('too many')
  expect(long.waited).toEqual([40_000])
  const forbidden = failing('DESTINATION_FORBIDDEN', [1_000])
  await expect(forbidden.asked).rejects.toThrow('too many')
  expect(forbidden.waited).toEqual([])
})

it('a file that a delivery has locked is read again for ten seconds', async () => {
  const short = failing('DESTINATION_BUSY', [null, null])
  expect(await short.asked).toBe('answer')
  expect(short.waited).toEqual([500, 500])
  const long = failing('DESTINATION_BUSY', Array<null>(30).fill(null))
  await expect(long.asked).rejects.toThrow('too many')
  expect(long.waited).toHaveLength(20)
})
