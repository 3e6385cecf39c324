import type { FakeHubSpot } from './fake-account.ts'

export interface HubSpotAnswer {
  status: number
  headers: Headers
  body: AnswerBody
}

/** The fields of responses that tests read; no response has all of them. */
interface AnswerBody {
  message: string
  category: string
  subCategory: string
  policyName: string
  context: Record<string, string[]>
  errors: { code: string; context: Record<string, string[]> }[]
  numErrors: number
  results: AnswerResult[]
  paging?: { next: { after: string } }
  portalId: number
  scopes: string[]
  objectTypeId: string
  fullyQualifiedName: string
  secondaryDisplayProperties: string[]
  hasUniqueValue: boolean
}

interface AnswerResult {
  new: boolean
  properties: Record<string, string | null>
  objectWriteTraceId: string
  labels: string[]
  category: string
  typeId: number
  to: unknown[]
}

export type HubSpotCaller = (
  method: string,
  path: string,
  body?: unknown,
  token?: string,
) => Promise<HubSpotAnswer>

/** Calls HubSpot without our client, so that the fake is tested independently. */
export function callerOf({ url, token: ownToken }: Pick<FakeHubSpot, 'url' | 'token'>): HubSpotCaller {
  return async (method, path, body, token = ownToken) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : { message: text }) as AnswerBody,
    }
  }
}

/** The body that creates a custom object `qr_code`, identified by its unique property `code_id`. */
export const qrCodeSchema = {
  name: 'qr_code',
  labels: { singular: 'QR code', plural: 'QR codes' },
  allowsSensitiveProperties: false,
  associatedObjects: ['contacts'],
  primaryDisplayProperty: 'title',
  requiredProperties: ['code_id'],
  searchableProperties: ['title'],
  secondaryDisplayProperties: [],
  properties: [
    { name: 'title', label: 'Title', type: 'string', fieldType: 'text' },
    { name: 'code_id', label: 'Code', type: 'string', fieldType: 'text', hasUniqueValue: true },
    { name: 'total', label: 'Total', type: 'number', fieldType: 'number' },
    { name: 'seen_at', label: 'Seen', type: 'datetime', fieldType: 'date' },
    { name: 'day', label: 'Day', type: 'date', fieldType: 'date' },
    {
      name: 'state',
      label: 'State',
      type: 'enumeration',
      fieldType: 'select',
      options: ['active', 'paused'].map((value, displayOrder) => ({
        label: value,
        value,
        displayOrder,
        hidden: false,
      })),
    },
  ],
}
