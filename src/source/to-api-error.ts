import type { ErrorCode, Retry } from '../model/connector-error.ts'
import { certificateAdvice } from '../model/certificate-advice.ts'
import { delayMs } from '../model/delay.ts'
import { NotUnpacked } from '../http/unpack.ts'
import {
  oddRetryAfterText,
  readRetryAfter,
  retryAfterFailure,
  type RetryAfter,
} from '../model/retry-after.ts'
import { ApiError } from './api-error.ts'
import type { RateWindow } from './api-error.ts'
import type { Call } from './call.ts'
import { parseErrorAnswer, type ErrorAnswer } from './error-answer.ts'
import type { Exchange } from './exchange.ts'

/** The minute's window has calls again by then, and a refused call does not count in the month. */
const defaultRateLimitMs = delayMs(60_000)

const rateWindows = new Map<string | null, RateWindow>([
  ['RATE_LIMITED_MINUTE', 'minute'],
  ['RATE_LIMITED_MONTH', 'month'],
])

interface Diagnosis {
  code: ErrorCode
  retry: Retry
  what: string
  /** What happens next, or what to do. */
  next: string
  /** Whether the API named the time of `retry`. */
  isTimeNamed?: boolean
}

/**
 * Explains why an exchange failed.
 *
 * @param now ms since 1970
 */
export function toApiError(exchange: Exchange, call: Call, now: number): ApiError {
  const { status, failure, headers, body, sent } = exchange
  // The status of a refusal is enough, even if its body broke off.
  if (status === null || (failure !== null && status < 400)) return brokenOff(exchange, call)

  const answer = parseErrorAnswer(body, call.echo)
  const window = status === 429 ? (rateWindows.get(answer.code) ?? null) : null
  const {
    code,
    retry,
    what,
    next,
    isTimeNamed = false,
  } = isPassing(status)
    ? passing(status, window, retryAfterOf(headers, now), now)
    : (verdict(status, answer, call) ?? notOfApi(status, headers, call))
  const reason = [answer.code === null ? status : `${status} ${answer.code}`, ...answer.says].join(': ')
  return new ApiError(code, `${call.label}: ${what} (${reason}). ${next}.`, {
    retry,
    endpoint: call.endpoint,
    status,
    // A proxy's field with this name is not a reason to act.
    apiCode: answer.isOwn ? answer.code : null,
    window,
    isTimeNamed,
    mayHaveArrived: sent,
  })
}

/** 421 and 425 come from a proxy in front of a server, and the next connection does not get them. */
const isPassing = (status: number) => [408, 421, 425, 429].includes(status) || status >= 500

/** Whether the API itself answered a request without the key: it works then. */
export function isAnswerOfLiveApi({ status, failure, body }: Exchange): boolean {
  if (status === null || failure !== null || isPassing(status)) return false
  try {
    const json: unknown = JSON.parse(body)
    return (
      typeof json === 'object' &&
      json !== null &&
      typeof (json as { success?: unknown }).success === 'boolean'
    )
  } catch {
    return false
  }
}

function passing(
  status: number,
  window: RateWindow | null,
  asked: RetryAfter | null,
  now: number,
): Diagnosis {
  const isRefused = status === 429
  const code = isRefused ? 'API_RATE_LIMITED' : 'API_UNAVAILABLE'
  const what = isRefused ? whatIsFull(window) : 'the API failed'
  const retry = isRefused ? { afterMs: asked?.delayMs ?? defaultRateLimitMs } : retryAfterFailure(asked)
  if (retry === 'backoff') return { code, retry, what, next: 'qrsync retries automatically' }
  const next = `qrsync continues automatically at ${new Date(now + retry.afterMs).toISOString()}`
  if (asked === null) return { code, retry, what, next: `${next}, because the response names no time` }
  const odd = oddRetryAfterText('The API', asked)
  return { code, retry, what, next: odd === null ? next : `${odd}. ${next}`, isTimeNamed: odd === null }
}

function whatIsFull(window: RateWindow | null): string {
  return window === null ? 'too many calls' : `the ${window}'s calls are used up`
}

/**
 * @returns what the API's own response means, or null if the response is not the API's: it then says nothing
 *   about the key, the plan or a code
 */
function verdict(status: number, { isOwn, code: apiCode }: ErrorAnswer, call: Call): Diagnosis | null {
  if (!isOwn || status < 400) return null
  const retry = 'never'
  if (status === 401) {
    return {
      code: 'API_KEY_REJECTED',
      retry,
      what: `the API does not accept the key ${call.keyLabel}`,
      next: 'Set a valid key where the config file reads it',
    }
  }
  if (status === 403 && apiCode === 'PLAN_NOT_ALLOWED') {
    return {
      code: 'PLAN_NOT_ALLOWED',
      retry,
      what: "the account's plan does not include this",
      next: 'The API needs the Pro or Advanced plan',
    }
  }
  if ((status === 404 || status === 410) && apiCode === 'NOT_FOUND') {
    return {
      code: 'API_NOT_FOUND',
      retry,
      what: 'the API does not know this resource',
      next: 'It was deleted, it belongs to another account, or source.url is wrong',
    }
  }
  return {
    code: 'API_REQUEST_REFUSED',
    retry: 'backoff',
    what: 'the API refused the request',
    next: 'qrsync retries automatically. If this persists, update qrsync or report this',
  }
}

/** A page of a proxy, a portal or a site under maintenance: it is temporary, or source.url is wrong. */
function notOfApi(status: number, headers: Exchange['headers'], call: Call): Diagnosis {
  const retry = 'backoff'
  if (status >= 400) {
    return {
      code: 'API_UNAVAILABLE',
      retry,
      what: 'the response is not from the API',
      next: 'qrsync retries automatically. If this persists, check source.url',
    }
  }
  return {
    code: 'API_RESPONSE_INVALID',
    retry,
    what: `the API redirects to ${call.echo(header(headers, 'location') ?? 'nowhere')}, and qrsync does not send the key there`,
    next: "qrsync retries automatically. If this persists, set source.url to the API's own address",
  }
}

/** There is no response, or a successful one that broke off. */
function brokenOff({ status, failure, sent }: Exchange, call: Call): ApiError {
  const { code = '', message } = (failure ?? new Error('')) as NodeJS.ErrnoException
  const cause = call.echo(message.includes(code) ? message : `${message} (${code})`)
  const options = { endpoint: call.endpoint, status, mayHaveArrived: sent }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const text = `${call.label}: the response (${status}) is larger than any page. qrsync retries automatically. If this persists, check source.url.`
    return new ApiError('API_RESPONSE_INVALID', text, { ...options, retry: 'backoff' })
  }
  if (failure instanceof NotUnpacked) {
    const text = `${call.label}: ${cause} (${status}). qrsync retries automatically. If this persists, check the proxies between qrsync and the API.`
    return new ApiError('API_RESPONSE_INVALID', text, { ...options, retry: 'backoff' })
  }
  const what = status === null ? 'no response' : `the response (${status}) broke off`
  const where = sent ? '' : ' The request was not sent.'
  const advice = certificateAdvice(failure)
  const more = advice === null ? where : `${where} ${advice}`
  const text = `${call.label}: ${what}: ${cause}.${more} qrsync retries automatically.`
  return new ApiError('API_UNAVAILABLE', text, { ...options, retry: 'backoff' })
}

function retryAfterOf(headers: Exchange['headers'], now: number): RetryAfter | null {
  return readRetryAfter(header(headers, 'retry-after'), header(headers, 'date'), now)
}

function header(headers: Exchange['headers'], name: string): string | null {
  return headers[name]?.toString() ?? null
}
