import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { createActivities } from '../../../activities/create-activities.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

it('a destination whose signal fails keeps no other from being signalled, and the request is tried again', async () => {
  await using ledger = await temporaryLedger()
  const signalled: string[] = []
  const destinations = new Map(['first', 'broken', 'last'].map((name) => [name, {} as never]))
  const deps = activityDeps({
    ledger,
    api: {} as never,
    destinations,
    signalDelivery: (name) => {
      if (name === 'broken') return Promise.reject(new Error('no such workflow'))
      signalled.push(name)
      return Promise.resolve()
    },
  })
  const activities = createActivities(() => deps)
  const request = new MockActivityEnvironment().run(() => activities.requestDelivery({ connector: 'test' }))
  await expect(request).rejects.toThrow('no such workflow')
  expect(signalled).toEqual(['first', 'last'])
})
