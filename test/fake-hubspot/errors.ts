import { randomUUID } from 'node:crypto'

/** The error of a request: the response has exactly this `status` and `body`. */
export class HubSpotError extends Error {
  readonly status: number
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown> & { message: string }) {
    super(body.message)
    this.status = status
    this.body = { status: 'error', correlationId: randomUUID(), ...body }
  }
}

/** `ErrorDetail` of CRM/Objects/Rollouts/424/2026-09/objects.json. */
export interface ErrorDetail {
  message: string
  code?: string
  context?: Record<string, string[]>
}

/** What is wrong with one input of a batch, before it is known whether the vendor will say which input it is. */
export interface InputError {
  /** HTTP status if it fails the whole batch. */
  status: number
  category: string
  message: string
  subCategory?: string
  context?: Record<string, string[]>
  /** Set if values are wrong: the response then contains those of all inputs together. */
  values?: ValueProblem[]
}

/** A value that the vendor does not accept, in the form of its messages. */
export interface ValueProblem {
  name: string
  error: string
  message: string
}

const scopesPage = 'https://developers.hubspot.com/scopes'

/** 403 of https://developers.hubspot.com/docs/guides/crm/using-object-apis#error-handling. */
export function missingScopes(accepted: readonly string[]): HubSpotError {
  return new HubSpotError(403, {
    message: `This app hasn't been granted all required scopes to make this call. Read more about required scopes here: ${scopesPage}.`,
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: accepted },
      },
    ],
    links: { scopes: scopesPage },
    category: 'MISSING_SCOPES',
  })
}

export function validationError(message: string, extra: Record<string, unknown> = {}): HubSpotError {
  return new HubSpotError(400, { message, ...extra, category: 'VALIDATION_ERROR' })
}

/** As seen on the live API, with the category of https://developers.hubspot.com/docs/api-reference/latest/error-handling: `resource not found`, or an unknown property. */
export function notFound(message = 'resource not found', extra: Record<string, unknown> = {}): HubSpotError {
  return new HubSpotError(404, { message, ...extra, category: 'OBJECT_NOT_FOUND' })
}

/** 409 as seen on the live API for a property: category and the form of the message. */
export function alreadyExists(message: string, subCategory: string): HubSpotError {
  return new HubSpotError(409, { message, category: 'OBJECT_ALREADY_EXISTS', subCategory })
}

/** 503 of https://developers.hubspot.com/docs/api-reference/error-handling. */
export function unavailable(): HubSpotError {
  return new HubSpotError(503, { message: 'The service is temporarily unavailable.' })
}

/**
 * The vendor's message about bad values: a sentence with JSON in it, as in the example of
 * https://developers.hubspot.com/docs/guides/crm/using-object-apis#error-handling.
 */
export function valuesMessage(problems: readonly ValueProblem[], portalId: number): string {
  const told = problems.map(({ name, error, message }) => ({
    isValid: false,
    message,
    error,
    name,
    localizedErrorMessage: message,
    portalId,
  }))
  return `Property values were not valid: ${JSON.stringify(told)}`
}

/**
 * A whole batch is refused because of its values: `errors` contains property and code of each, and names no
 * input.
 */
export function invalidValues(problems: readonly ValueProblem[], portalId: number): HubSpotError {
  return validationError(valuesMessage(problems, portalId), {
    errors: problems.map(({ name, error, message }): ErrorDetail => ({
      message,
      code: error,
      context: { propertyName: [name] },
    })),
  })
}
