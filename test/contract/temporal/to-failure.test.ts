import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { failureInterceptor } from '../../../activities/to-failure.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { delayMs } from '../../../src/model/delay.ts'

const minuteMs = 60_000
const down = new ConnectorError('API_UNAVAILABLE', 'down', { retry: 'backoff' })

beforeAll(() => {
  // Each failure would be a warning of a page.
  Runtime.install({ logger: new DefaultLogger('ERROR') })
})

/** How Temporal sees an error of an activity at one of its attempts. */
async function failureOf(error: Error, attempt = 1): Promise<ApplicationFailure> {
  const activity = new MockActivityEnvironment({ attempt })
  const fails = () => Promise.reject(error)
  const failure: unknown = await activity
    .run(async () => failureInterceptor.execute?.({ args: [], headers: {} }, fails))
    .catch((reason: unknown) => reason)
  if (failure instanceof ApplicationFailure) return failure
  throw new Error('the activity did not fail as an ApplicationFailure')
}

const delayAt = async (attempt: number, error: Error = down) =>
  Number((await failureOf(error, attempt)).nextRetryDelay)

describe('an error of an activity, as Temporal sees it', () => {
  it.each([
    ['ours', down],
    ['a defect', new TypeError('x is not a function')],
  ])('is retried after a delay that doubles with each attempt, up to ten minutes (%s)', async (_, error) => {
    for (let attempt = 1; attempt <= 40; attempt += 1) {
      const exactMs = Math.min(2_000 * 2 ** (attempt - 1), 10 * minuteMs)
      const ms = await delayAt(attempt, error)
      expect(ms, `attempt ${attempt}`).toBeGreaterThanOrEqual(0.75 * exactMs - 1)
      expect(ms, `attempt ${attempt}`).toBeLessThanOrEqual(1.25 * exactMs + 1)
    }
  })

  it('that hits many connectors at once is not retried by all of them at the same moment', async () => {
    const delays = await Promise.all(Array.from({ length: 20 }, () => delayAt(40)))
    expect(new Set(delays).size).toBeGreaterThan(10)
  })

  it('keeps a wait that the API asked for, at any attempt', async () => {
    const error = new ConnectorError('API_RATE_LIMITED', 'wait', { retry: { afterMs: delayMs(90_000) } })
    expect(await delayAt(1, error)).toBe(90_000)
    expect(await delayAt(9, error)).toBe(90_000)
  })

  it('has the code as its type, and no stack, which would repeat the message in the UI', async () => {
    const { type, message, stack, nonRetryable, cause } = await failureOf(
      new ConnectorError('API_KEY_REJECTED', 'The key is revoked', {
        retry: 'never',
        cause: new Error('secret'),
      }),
    )
    expect({ type, message, stack, nonRetryable, cause }).toEqual({
      type: 'API_KEY_REJECTED',
      message: 'The key is revoked',
      stack: '',
      nonRetryable: true,
      cause: undefined,
    })
  })

  it('that is a bug has its name as its type, is retried, and does not contain its cause', async () => {
    const failure = await failureOf(new TypeError('x is not a function', { cause: new Error('secret') }))
    expect(failure).toMatchObject({ type: 'TypeError', message: 'x is not a function', cause: undefined })
    expect(failure.nonRetryable).toBeFalsy()
  })
})
