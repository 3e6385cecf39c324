import type { FastifyInstance } from 'fastify'
import type { FakeHubSpot } from '../fake-account.ts'
import type { Fault } from '../http/faults.ts'
import type { Refusal } from '../portal.ts'
import type { Limits, Tier } from '../http/rate-limits.ts'
import { controlPath } from './control-path.ts'

/** What a test in another process can read from the fake, and do to it. */
export function controlRoutes(app: FastifyInstance, fakeOf: () => FakeHubSpot): void {
  app.get(`${controlPath}/state`, () => {
    const { calls, faults, violations, refused429, peakIn10Seconds, usedToday } = fakeOf()
    return { calls, faults, violations, refused429, peakIn10Seconds, usedToday }
  })
  app.get<{ Params: { objectType: string } }>(`${controlPath}/records/:objectType`, (request) =>
    fakeOf().recordsOf(request.params.objectType),
  )
  app.get<{ Params: { objectType: string } }>(`${controlPath}/properties/:objectType`, (request) =>
    fakeOf().propertiesOf(request.params.objectType),
  )
  app.get<{ Params: { from: string; to: string } }>(`${controlPath}/associations/:from/:to`, (request) =>
    fakeOf().associations(request.params.from, request.params.to),
  )
  app.post<{ Params: { objectType: string }; Body: Record<string, string> }>(
    `${controlPath}/records/:objectType`,
    (request) => ({ id: fakeOf().addRecord(request.params.objectType, request.body) }),
  )

  const act = (name: string, work: (fake: FakeHubSpot, body: never) => void) => {
    app.post(`${controlPath}/${name}`, (request, reply) => {
      work(fakeOf(), request.body as never)
      return reply.status(204).send()
    })
  }
  act('refuse', (fake, body: { property: string; value: string; how?: Refusal['how'] }) => {
    fake.refuse(body, body.how)
  })
  act('faults', (fake, { rate, seed }: { rate: number; seed: number }) => {
    fake.setFaults(rate, seed)
  })
  act('fail-next', (fake, { fault, calls }: { fault: Fault; calls?: number }) => {
    fake.failNext(fault, calls)
  })
  act('spend', (fake, { calls }: { calls: number }) => {
    fake.spendDaily(calls)
  })
  act('limits', (fake, limits: Partial<Limits>) => {
    fake.setLimits(limits)
  })
  act('tier', (fake, { tier }: { tier: Tier }) => {
    fake.setTier(tier)
  })
  act('scopes', (fake, { scopes }: { scopes: string[] }) => {
    fake.setScopes(scopes)
  })
  act('expire-token', (fake) => {
    fake.expireToken()
  })
  act('renew-token', (fake) => {
    fake.renewToken()
  })
  act('down', (fake) => {
    fake.goDown()
  })
  act('up', (fake) => {
    fake.comeBack()
  })
}
