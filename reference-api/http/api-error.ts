import { dynamicQrLimit, type Plan } from '../plans.ts'
import type { LimitedWindow } from '../account/rate-limits.ts'

export type ApiErrorCode =
  | 'UNAUTHORIZED'
  | 'PLAN_NOT_ALLOWED'
  | 'QR_LIMIT_REACHED'
  | 'NOT_FOUND'
  | 'VALIDATION_FAILED'
  | 'RATE_LIMITED_MINUTE'
  | 'RATE_LIMITED_MONTH'
  | 'INTERNAL_ERROR'
  | 'UNAVAILABLE'

/** Messages by parameter or field. */
export type FieldErrors = Record<string, string[]>

/** An error in the form in which the caller sees it. */
export class ApiError extends Error {
  readonly status: number
  readonly code: ApiErrorCode
  readonly fields: FieldErrors | undefined
  readonly retryAfterS: number | undefined
  /** The methods of the path, if it does not support that of the request. */
  readonly allow: string[] | undefined

  constructor(
    status: number,
    code: ApiErrorCode,
    message: string,
    details: { fields?: FieldErrors; retryAfterS?: number; allow?: string[] } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fields = details.fields
    this.retryAfterS = details.retryAfterS
    this.allow = details.allow
  }

  toEnvelope(): object {
    return {
      success: false,
      error: this.message,
      code: this.code,
      ...(this.fields && { fields: this.fields }),
    }
  }
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'UNAUTHORIZED', 'Missing or invalid API key.')
}

/** @param what the feature that the plan does not include, such as `bulk creation` */
export function planNotAllowed(plan: Plan, what: string): ApiError {
  const name = `${plan.slice(0, 1).toUpperCase()}${plan.slice(1)}`
  return new ApiError(403, 'PLAN_NOT_ALLOWED', `The ${name} plan does not include ${what}.`)
}

export function qrLimitReached(): ApiError {
  return new ApiError(403, 'QR_LIMIT_REACHED', `The plan allows ${dynamicQrLimit} dynamic QR codes.`)
}

export function notFound(message = 'There is no such path.'): ApiError {
  return new ApiError(404, 'NOT_FOUND', message)
}

export function methodNotAllowed(method: string, allow: string[]): ApiError {
  return new ApiError(405, 'NOT_FOUND', `This path has no ${method}, only ${allow.join(', ')}.`, { allow })
}

export function validationFailed(fields: FieldErrors): ApiError {
  const [name, messages] = Object.entries(fields)[0] ?? ['request', ['is malformed']]
  return new ApiError(422, 'VALIDATION_FAILED', `The request is not valid: ${name} ${messages[0]}.`, {
    fields,
  })
}

export function rateLimited(window: LimitedWindow, limit: number, retryAfterS: number): ApiError {
  const calls = limit.toLocaleString('en-US')
  const cause = {
    minute: `More than ${calls} calls in 60 seconds`,
    month: `The ${calls} calls of this month are spent`,
  }
  const code = { minute: 'RATE_LIMITED_MINUTE', month: 'RATE_LIMITED_MONTH' } as const
  return new ApiError(429, code[window], `${cause[window]}: try again in ${retryAfterS} s.`, { retryAfterS })
}

export function internalError(): ApiError {
  return new ApiError(500, 'INTERNAL_ERROR', 'Something went wrong on our side.')
}

export function unavailable(): ApiError {
  return new ApiError(503, 'UNAVAILABLE', 'The service is unavailable for a moment.')
}
