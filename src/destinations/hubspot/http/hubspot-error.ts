import { certificateAdvice } from '../../../model/certificate-advice.ts'
import {
  ConnectorError,
  type ErrorCode,
  type FailureScope,
  type Retry,
} from '../../../model/connector-error.ts'
import { delayMs } from '../../../model/delay.ts'
import { oddRetryAfterText, retryAfterFailure } from '../../../model/retry-after.ts'
import type { CallWindow } from '../../call-pacer.ts'
import { rateLimitPauseMs, retryAfterOf } from './rate-limits.ts'
import { parseRefusal, type Refusal } from './refusal.ts'
import { apiVersion, type HubSpotAnswer, type HubSpotRequest } from './transport.ts'

/** HubSpot asks for two seconds if a record is locked. */
const lockedMs = delayMs(2_000)

const triedAgain = 'qrsync retries automatically.'

/** An operator has to fix something in HubSpot, or in the config file. */
export function forbidden(destination: string, what: string, advice: string): ConnectorError {
  return toError(destination, { code: 'DESTINATION_FORBIDDEN', retry: 'backoff', what, advice })
}

export function unavailable(destination: string, what: string, advice = triedAgain): ConnectorError {
  return toError(destination, { code: 'DESTINATION_UNAVAILABLE', retry: 'backoff', what, advice })
}

/** @param share set if the config file's `calls_per_day` is spent */
export function limitsSpent(destination: string, afterMs: number, share?: CallWindow): ConnectorError {
  const what =
    share === undefined
      ? "the calls that HubSpot's limits allow are spent."
      : `today's ${share.calls.toLocaleString('en')} calls of HubSpot are used up (calls_per_day in the config file).`
  const advice = goesOn(Date.now() + afterMs)
  return toError(destination, {
    code: 'DESTINATION_RATE_LIMITED',
    retry: { afterMs: delayMs(afterMs) },
    what,
    advice,
  })
}

/**
 * No complete response arrived. The error's message is not shown, because only its code certainly contains no
 * secret.
 */
export function brokenOff(error: unknown, request: HubSpotRequest, destination: string): ConnectorError {
  const what = `HubSpot did not answer ${label(request)}: ${whyBrokenOff(error as NodeJS.ErrnoException)}.`
  return toError(destination, {
    code: 'DESTINATION_UNAVAILABLE',
    retry: 'backoff',
    scope: 'destination',
    what,
    advice: certificateAdvice(error) ?? triedAgain,
  })
}

function whyBrokenOff({ name, code }: NodeJS.ErrnoException): string {
  if (name === 'TimeoutError') return 'it took too long'
  return typeof code === 'string' ? code : 'the connection failed'
}

/** @param where in the response, '' for all of it */
export function unreadable(request: HubSpotRequest, where: string, destination: string): ConnectorError {
  const place = where === '' ? '' : ` at ${where}`
  const what = `the answer of HubSpot to ${label(request)} is not of the documented shape${place}.`
  return unavailable(destination, what)
}

export interface ErrorContext {
  /** The name of the destination. */
  name: string
  /** Of the account, such as `Europe/Berlin`; undefined until it is known. */
  timeZone: string | undefined
  nowMs: number
}

/** Why a response cannot be used. The error has no `cause`, so that what others sent stays out of logs. */
export function toHubSpotError(
  answer: HubSpotAnswer,
  request: HubSpotRequest,
  context: ErrorContext,
): ConnectorError {
  const refusal = parseRefusal(answer.text)
  const diagnosis = diagnose(answer, refusal, context)
  const sign = refusal.category === '' ? answer.status : `${answer.status} ${refusal.category}`
  const what = `${diagnosis.what} (${label(request)}: ${sign}: ${refusal.reason.replace(/\.$/, '')}).`
  return toError(context.name, { ...diagnosis, what })
}

function toError(destination: string, { code, retry, scope, what, advice }: Diagnosis): ConnectorError {
  return new ConnectorError(code, `Destination ${destination}: ${what}\n${advice}`, {
    retry,
    ...(scope && { scope }),
  })
}

function label({ method, path }: HubSpotRequest): string {
  return `${method} ${path.replace(/\?.*/, '')}`
}

interface Diagnosis {
  code: ErrorCode
  retry: Retry
  scope?: FailureScope
  what: string
  advice: string
}

function diagnose(answer: HubSpotAnswer, refusal: Refusal, { timeZone, nowMs }: ErrorContext): Diagnosis {
  const { status } = answer
  const asked = retryAfterOf(answer, nowMs)
  const odd = asked === null ? null : oddRetryAfterText('HubSpot', asked)
  const goesOnAt = (atMs: number) => (odd === null ? goesOn(atMs) : `${odd}. ${goesOn(atMs)}`)
  if (status === 401) {
    return {
      code: 'DESTINATION_FORBIDDEN',
      retry: 'backoff',
      scope: 'destination',
      what: 'HubSpot does not accept the token',
      advice:
        'Set the token of a service key or private app of this account where the config file reads it; if that is the environment, restart the worker.',
    }
  }
  if (status === 403) {
    return {
      code: 'DESTINATION_FORBIDDEN',
      retry: 'backoff',
      what: 'HubSpot denies this request',
      advice:
        refusal.scopes.length > 0
          ? `Give the service key or private app the scope ${scopesInWords(refusal.scopes)}; qrsync then continues automatically.`
          : '`qrsync check` shows what is missing; qrsync continues automatically once you have added it.',
    }
  }
  if (status === 429) {
    const afterMs = rateLimitPauseMs(answer, refusal.policyName, timeZone, nowMs)
    const what =
      refusal.policyName === 'DAILY' ? "the account's calls of the day are spent" : 'too many calls'
    return { code: 'DESTINATION_RATE_LIMITED', retry: { afterMs }, what, advice: goesOnAt(nowMs + afterMs) }
  }
  const code = 'DESTINATION_UNAVAILABLE'
  if (status === 423) {
    const afterMs = asked?.delayMs ?? lockedMs
    return {
      code,
      retry: { afterMs },
      scope: 'stream',
      what: 'HubSpot has locked the records',
      advice: goesOnAt(nowMs + afterMs),
    }
  }
  const retry = retryAfterFailure(asked)
  if (status === 477) {
    return { code, retry, what: 'HubSpot is moving the account', advice: 'qrsync continues automatically.' }
  }
  if (status === 408 || status >= 500) {
    return {
      code,
      retry,
      what: 'HubSpot failed',
      advice: odd === null ? triedAgain : `${odd}. ${triedAgain}`,
    }
  }
  if (status < 400) {
    return {
      code,
      retry,
      what: 'HubSpot redirects to another address, and qrsync does not send the token there',
      advice: "Set url to HubSpot's own address, or remove it.",
    }
  }
  if (status === 404 && isPathMissing(refusal)) {
    return {
      code,
      retry,
      what: `HubSpot has nothing at this path of its API of ${apiVersion}`,
      advice:
        "If url is HubSpot's own address, this version of the API may have ended: install a newer qrsync. qrsync retries automatically.",
    }
  }
  return {
    code,
    retry,
    what: 'HubSpot refuses a request',
    advice:
      'qrsync does not support this version of the API, or the HubSpot account has changed. qrsync retries automatically.',
  }
}

/** HubSpot's words for an unknown path: for an unknown object, it says more. */
function isPathMissing({ isHubSpots, reason }: Refusal): boolean {
  return !isHubSpots || /^resource not found$/i.test(reason)
}

function goesOn(atMs: number): string {
  return `qrsync continues automatically at ${new Date(atMs).toISOString()}.`
}

/** HubSpot lists all scopes that would be enough; we never need those for sensitive data. */
function scopesInWords(scopes: readonly string[]): string {
  const plain = scopes.filter((scope) => !scope.includes('sensitive'))
  return (plain.length > 0 ? plain : scopes).slice(0, 4).join(' or ')
}
