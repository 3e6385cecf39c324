import type { Plan } from '../../../reference-api/plans.ts'

/** What a test can do to a reference API through its control routes, in any process. */
export interface ReferenceControl {
  /** Changes the plan, and with it the limits, even if others were set before. */
  setPlan(plan: Plan): Promise<void>
  /** Counts calls in the month, and not in the minute, as if another client had made them earlier. */
  spendCalls(count: number): Promise<void>
  /** Creates a code, like its owner, and returns its id. */
  createQrCode(code: { name: string; destination_url?: string }): Promise<string>
  renameQrCode(id: string, name: string): Promise<void>
}

/** The address of the control routes. */
export interface ControlAccess {
  /** Of the reference API, without a trailing slash. */
  url: string
  token: string
}

export function controlOf(at: ControlAccess): ReferenceControl {
  return {
    setPlan: async (plan) => {
      await callControl(at, 'POST', '/plan', { plan })
    },
    spendCalls: async (count) => {
      await callControl(at, 'POST', '/calls', { count })
    },
    createQrCode: async (code) => {
      const response = await callControl(at, 'POST', '/qr-codes', code)
      return ((await response.json()) as { id: string }).id
    },
    renameQrCode: async (id, name) => {
      await callControl(at, 'PATCH', `/qr-codes/${id}`, { name })
    },
  }
}

/** Fails with the server's message if it refuses. */
export async function callControl(
  { url, token }: ControlAccess,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const response = await fetch(`${url}/_reference${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response
}
