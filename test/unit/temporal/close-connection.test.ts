import { IllegalStateError } from '@temporalio/common'
import { expect, it } from 'vitest'
import { closeConnection } from '../../../src/temporal/server/open-temporal.ts'

it('a worker that did not end in time does not keep the rest from closing; any other error is reported', async () => {
  const held = new IllegalStateError('Cannot close connection while Workers hold a reference to it')
  await closeConnection({ close: () => Promise.reject(held) })
  const other = closeConnection({ close: () => Promise.reject(new Error('other')) })
  await expect(other).rejects.toThrow('other')
})
